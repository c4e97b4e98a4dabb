namespace EngageCenter.WebApi.Limits;

/// <summary>Ends answers that their clients take too slowly: each holds a request slot, and what it is made of.</summary>
internal sealed class AnswerPace(TimeProvider time) : Pace(time, MinRate, Period)
{
    /// <summary>Bytes a second that one caller has to take of their answers, for each of them. Time in which the node has nothing to send does not count.</summary>
    public const int MinRate = 16 * 1024;

    /// <summary>An answer counts once its client has been waited for so long, and then again.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
}
