namespace EngageCenter.Assessments;

/// <summary>Configuration section <c>Assessments</c>.</summary>
public sealed class AssessmentOptions
{
    public const string Section = "Assessments";

    /// <summary>
    /// How long a run may take: without results by then it counts as failed. A run keeps what it was started with.
    /// Default 24 h, range 1 h to 30 d.
    /// </summary>
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromHours(24);

    internal bool IsInRange => RunTimeout >= TimeSpan.FromHours(1) && RunTimeout <= TimeSpan.FromDays(30);
}
