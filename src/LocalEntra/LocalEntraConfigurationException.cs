namespace EngageCenter.LocalEntra;

/// <summary>
/// Thrown if LocalEntra refuses its configuration. The message names the setting or the place in the file, and says what to
/// change.
/// </summary>
public sealed class LocalEntraConfigurationException : Exception
{
    public LocalEntraConfigurationException(string message) : base(message)
    {
    }

    public LocalEntraConfigurationException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
