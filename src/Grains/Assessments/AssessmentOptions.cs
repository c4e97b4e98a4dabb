namespace EngageCenter.Assessments;

/// <summary>Configuration section <c>Assessments</c>.</summary>
public sealed class AssessmentOptions
{
    public const string Section = "Assessments";

    /// <summary>
    /// How long a run may take. If no results have come by then, it counts as failed. A change applies to runs that start later.
    /// Default 24 h, range 1 h to 30 d.
    /// </summary>
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long after a technology is configured its first run is due. A change applies to technologies that are configured later.
    /// Default 1 h, range 1 s to 1 d.
    /// </summary>
    public TimeSpan FirstRunAfter { get; set; } = TimeSpan.FromHours(1);

    internal bool IsInRange =>
        RunTimeout >= TimeSpan.FromHours(1) && RunTimeout <= TimeSpan.FromDays(30)
        && FirstRunAfter >= TimeSpan.FromSeconds(1) && FirstRunAfter <= TimeSpan.FromDays(1);
}
