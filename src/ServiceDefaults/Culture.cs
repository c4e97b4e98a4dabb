using System.Globalization;

namespace EngageCenter;

/// <summary>The culture of a host.</summary>
public static class Culture
{
    /// <summary>
    /// Formats numbers and dates alike on every machine, whatever language its operating system is set to. Text for a
    /// person's own language is the client's work.
    /// </summary>
    public static void UseInvariant() =>
        (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture) = (CultureInfo.InvariantCulture, CultureInfo.InvariantCulture);
}
