namespace EngageCenter.WebApi.Limits;

/// <summary>Ends bodies that come too slowly.</summary>
internal sealed class BodyPace(TimeProvider time) : Pace(time, MinRate, Period)
{
    /// <summary>Bytes a second that the bodies of one caller have to bring, for each of them. Time in which the node does not ask for bytes does not count.</summary>
    public const int MinRate = 1024;

    /// <summary>A body counts once it has been waited for so long, and then again.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
}
