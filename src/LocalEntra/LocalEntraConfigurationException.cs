namespace EngageCenter.LocalEntra;

/// <summary>LocalEntra refuses to start as it is configured. The message names the setting or the place in the file, and what to change.</summary>
public sealed class LocalEntraConfigurationException : Exception
{
    public LocalEntraConfigurationException(string message) : base(message)
    {
    }

    public LocalEntraConfigurationException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
