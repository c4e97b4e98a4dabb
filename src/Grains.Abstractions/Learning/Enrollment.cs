using System.Collections.Immutable;

namespace EngageCenter.Learning;

/// <summary>What one person has made of a course in one workspace.</summary>
/// <param name="Course">As it was when it was started: history does not change with the catalogue.</param>
/// <param name="ProgressPercent">0 to 100, the greatest that was ever reported.</param>
/// <param name="CompletedAt">When 100 was first reported; not before <paramref name="StartedAt"/>, whatever the clock said.</param>
/// <param name="Version">Grows with each change.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Enrollment")]
public sealed record Enrollment(
    [property: Id(0)] Course Course,
    [property: Id(1)] int ProgressPercent,
    [property: Id(2)] DateTimeOffset StartedAt,
    [property: Id(3)] DateTimeOffset? CompletedAt,
    [property: Id(4)] DateTimeOffset UpdatedAt,
    [property: Id(5)] long Version)
{
    /// <summary>Enrolments of one workspace.</summary>
    public const int MaxPerWorkspace = 200_000;
}

/// <summary>What was learned in a workspace, by everybody together.</summary>
/// <param name="ByMonth">Every calendar month (UTC) from the first to the last in which something was started or completed.</param>
/// <param name="ByProduct">At most <see cref="MaxProducts"/>, and so in each month. Most started first, then by name (ordinal).</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Consumption")]
public sealed record Consumption(
    [property: Id(0)] DateTimeOffset GeneratedAt,
    [property: Id(1)] ConsumptionCounts Totals,
    [property: Id(2)] ImmutableArray<MonthConsumption> ByMonth,
    [property: Id(3)] ImmutableArray<ProductConsumption> ByProduct)
{
    /// <summary>Products about which courses were ever started in one workspace.</summary>
    public const int MaxProducts = 500;
}

[GenerateSerializer, Immutable, Alias("EngageCenter.ConsumptionCounts")]
public readonly record struct ConsumptionCounts(
    [property: Id(0)] int Started,
    [property: Id(1)] int Completed)
{
    public ConsumptionCounts Plus(ConsumptionCounts other) => new(Started + other.Started, Completed + other.Completed);
}

/// <param name="Month">The first day of a calendar month in UTC.</param>
/// <param name="ByProduct">Only products of which something was started or completed in the month.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.MonthConsumption")]
public sealed record MonthConsumption(
    [property: Id(0)] DateOnly Month,
    [property: Id(1)] ConsumptionCounts Counts,
    [property: Id(2)] ImmutableArray<ProductConsumption> ByProduct);

[GenerateSerializer, Immutable, Alias("EngageCenter.ProductConsumption")]
public readonly record struct ProductConsumption(
    [property: Id(0)] string Product,
    [property: Id(1)] ConsumptionCounts Counts);

/// <summary>A person's courses in a workspace, counted.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.LearningSummary")]
public sealed record LearningSummary(
    [property: Id(0)] int InProgress,
    [property: Id(1)] int Completed);
