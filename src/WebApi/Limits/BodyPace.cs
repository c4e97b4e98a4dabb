namespace EngageCenter.WebApi.Limits;

/// <summary>Ends request bodies that arrive too slowly.</summary>
internal sealed class BodyPace(TimeProvider time) : Pace(time, MinRate, Period)
{
    /// <summary>
    /// The bytes per second that a caller must send, multiplied by the number of the caller's bodies. Time in which the node
    /// does not ask for bytes does not count.
    /// </summary>
    public const int MinRate = 1024;

    /// <summary>
    /// How long the node must have waited for the client before a body is checked, and between two checks.
    /// </summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
}
