using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EngageCenter.Assessments;

/// <summary>The schedules of a workspace as stored, one for each technology that was ever configured or run.</summary>
[Alias("EngageCenter.AssessmentSchedules")]
internal sealed record AssessmentSchedules
{
    public ImmutableSortedDictionary<string, AssessmentSchedule> ByTechnology { get; init; } =
        ImmutableSortedDictionary.Create<string, AssessmentSchedule>(StringComparer.Ordinal);

    /// <summary>When something has to be done next, over all schedules.</summary>
    [JsonIgnore]
    public DateTimeOffset? NextEvent => ByTechnology.Values.Min(schedule => schedule.NextEvent);

    /// <exception cref="ArgumentException">There is no such technology.</exception>
    public AssessmentSchedule Of(string technology) =>
        ByTechnology.GetValueOrDefault(technology) ?? new()
        {
            Technology = TechnologyTable.Find(technology)?.Id ?? throw new ArgumentException($"There is no technology '{technology}'.", nameof(technology)),
        };

    // A schedule that never changed is not kept.
    public AssessmentSchedules With(AssessmentSchedule schedule) => schedule.Version == 1 || ReferenceEquals(schedule, ByTechnology.GetValueOrDefault(schedule.Technology))
        ? this
        : this with { ByTechnology = ByTechnology.SetItem(schedule.Technology, schedule) };

    /// <inheritdoc cref="AssessmentSchedule.At"/>
    public AssessmentSchedules At(DateTimeOffset now) => Each(schedule => schedule.At(now));

    /// <inheritdoc cref="AssessmentSchedule.Advance"/>
    public AssessmentSchedules Advance(DateTimeOffset now, TimeSpan timeout) => Each(schedule => schedule.Advance(now, timeout));

    /// <summary>Returns every technology, in the order of the table.</summary>
    public ImmutableArray<Assessment> Views() => [.. TechnologyTable.All.Select(technology => Of(technology.Id).View())];

    public AssessmentsSummary Summary()
    {
        var views = Views();
        return new(
            views.Count(v => v.Interval is not null),
            views.Count(v => v.Status == AssessmentStatus.Running),
            views.Count(v => v.Status == AssessmentStatus.Failed),
            views.Min(v => v.NextRunAt),
            ByTechnology.Values.SelectMany(s => s.Runs).Where(r => r.Status == RunStatus.Completed).Max(r => r.EndedAt));
    }

    private AssessmentSchedules Each(Func<AssessmentSchedule, AssessmentSchedule> move) =>
        ByTechnology.Values.Aggregate(this, (schedules, schedule) => schedules.With(move(schedule)));
}
