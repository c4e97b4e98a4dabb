using System.Collections.Immutable;

namespace EngageCenter.Learning;

/// <summary>The progress of one person in one course, in one workspace.</summary>
/// <param name="Course">The course as it was when the person started it: history does not change with the catalogue.</param>
/// <param name="ProgressPercent">0 to 100, the greatest value that was reported.</param>
/// <param name="CompletedAt">When 100 was first reported; never before <paramref name="StartedAt"/>, even if the clock went back.</param>
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
    /// <summary>The most enrolments of one workspace.</summary>
    public const int MaxPerWorkspace = 200_000;
}

/// <summary>What the people of a workspace have learned together.</summary>
/// <param name="ByMonth">Every calendar month (UTC) from the first to the last in which a course was started or completed.</param>
/// <param name="ByProduct">At most <see cref="MaxProducts"/>, also in each month. Most started first, then by name (ordinal).</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Consumption")]
public sealed record Consumption(
    [property: Id(0)] DateTimeOffset GeneratedAt,
    [property: Id(1)] ConsumptionCounts Totals,
    [property: Id(2)] ImmutableArray<MonthConsumption> ByMonth,
    [property: Id(3)] ImmutableArray<ProductConsumption> ByProduct)
{
    /// <summary>The most products whose courses were ever started in one workspace.</summary>
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
/// <param name="ByProduct">Only products with a course that was started or completed in the month.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.MonthConsumption")]
public sealed record MonthConsumption(
    [property: Id(0)] DateOnly Month,
    [property: Id(1)] ConsumptionCounts Counts,
    [property: Id(2)] ImmutableArray<ProductConsumption> ByProduct);

[GenerateSerializer, Immutable, Alias("EngageCenter.ProductConsumption")]
public readonly record struct ProductConsumption(
    [property: Id(0)] string Product,
    [property: Id(1)] ConsumptionCounts Counts);

/// <summary>How many courses a person started and completed in a workspace.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.LearningSummary")]
public sealed record LearningSummary(
    [property: Id(0)] int InProgress,
    [property: Id(1)] int Completed);
