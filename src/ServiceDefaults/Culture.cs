using System.Globalization;

namespace EngageCenter;

/// <summary>Sets the culture of a host.</summary>
public static class Culture
{
    /// <summary>
    /// Formats numbers and dates in the same way on every machine, whatever the language of its operating system. Clients
    /// translate text for people.
    /// </summary>
    public static void UseInvariant() =>
        (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture) = (CultureInfo.InvariantCulture, CultureInfo.InvariantCulture);
}
