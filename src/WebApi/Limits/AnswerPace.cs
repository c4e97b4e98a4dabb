namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Ends responses that their clients read too slowly, because each of them holds a request slot and memory.
/// </summary>
internal sealed class AnswerPace(TimeProvider time) : Pace(time, MinRate, Period)
{
    /// <summary>
    /// The bytes per second that a caller must read, multiplied by the number of the caller's responses. Time in which the
    /// node has nothing to send does not count.
    /// </summary>
    public const int MinRate = 16 * 1024;

    /// <summary>
    /// How long the node must have waited for the client before a response is checked, and between two checks.
    /// </summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
}
