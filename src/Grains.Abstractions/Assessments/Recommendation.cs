using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EngageCenter.Assessments;

/// <summary>What a recommendation is about: the focus areas of Microsoft's assessments.</summary>
public enum FocusArea
{
    SecurityAndCompliance,
    AvailabilityAndBusinessContinuity,
    PerformanceAndScalability,
    UpgradeMigrationAndDeployment,
    OperationsAndMonitoring,
    ChangeAndConfigurationManagement,
}

/// <summary>An action that an assessment recommends.</summary>
/// <param name="RecommendationId">1 to <see cref="MaxIdLength"/> characters, unique in a run.</param>
/// <param name="Title">1 to <see cref="MaxTitleLength"/> characters.</param>
/// <param name="BusinessImpact">1 to <see cref="MaxRating"/>. The same holds for probability and effort.</param>
/// <param name="AffectedObjects">Null if unknown.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Recommendation")]
public sealed record Recommendation(
    [property: Id(0)] string RecommendationId,
    [property: Id(1)] FocusArea FocusArea,
    [property: Id(2)] string Title,
    [property: Id(3)] int BusinessImpact,
    [property: Id(4)] int Probability,
    [property: Id(5)] int Effort,
    [property: Id(6)] AffectedObjects? AffectedObjects)
{
    public const int MaxIdLength = 64;
    public const int MaxTitleLength = 500;
    public const int MaxRating = 5;

    /// <summary>The most recommendations of one run.</summary>
    public const int MaxPerRun = 2_000;

    /// <summary>The score that recommendations are ranked by, for display. The ranking itself uses whole numbers.</summary>
    [JsonIgnore]
    public double Score => (double)(BusinessImpact * Probability) / Effort;
}

/// <summary>The objects that a recommendation affects: their number, or their names.</summary>
/// <param name="Count">0 or more.</param>
/// <param name="Names">At most <see cref="MaxNames"/>, each of 1 to <see cref="MaxNameLength"/> characters; null if only their number is known.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AffectedObjects")]
public sealed record AffectedObjects(
    [property: Id(0)] long Count,
    [property: Id(1)] ImmutableArray<string>? Names)
{
    public const int MaxNames = 100;
    public const int MaxNameLength = 200;
}
