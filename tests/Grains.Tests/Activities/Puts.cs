using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Agreements;

namespace EngageCenter.Activities;

/// <summary>Generators of activities and contracts.</summary>
internal static class Puts
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Few activities of few packages, with any status, hours with up to four decimals, and dates that are often equal.</summary>
    public static Gen<CustomerActivity> Any { get; } =
        from id in Gen.Int[0, 7]
        from package in Gen.Int[0, 3]
        from kind in Gen.Enum<ActivityKind>()
        from title in Gen.Int[0, 2]
        from status in Gen.Enum<ActivityStatus>()
        from purchased in Hours
        from delivered in Hours
        from planned in Date
        from deliveredAt in Date
        select Activity($"activity-{id}", $"package-{package}", status, purchased, delivered, kind, $"Title {title}", planned, deliveredAt);

    /// <summary>Contracts with some of the four packages of <see cref="Any"/>, each with or without hours.</summary>
    public static Gen<ImmutableArray<Package>> Contract { get; } =
        Gen.Select(Gen.Int[0, 3].Array[0, 4], Hours, Gen.Int[0, 99]).Select((numbers, hours, name) =>
            numbers.Distinct().Select(n => Package($"package-{n}", n % 2 == 0 ? hours : null, $"Name {name}")).ToImmutableArray());

    public static CustomerActivity Activity(
        string id = "one",
        string package = "unified",
        ActivityStatus status = ActivityStatus.Delivered,
        decimal? purchased = null,
        decimal? delivered = null,
        ActivityKind kind = ActivityKind.Proactive,
        string title = "Workshop",
        DateTimeOffset? planned = null,
        DateTimeOffset? deliveredAt = null,
        string? evidence = null) =>
        new(id, package, kind, title, status, purchased, delivered, planned, deliveredAt, evidence);

    public static Package Package(string id, decimal? hours = null, string? name = null, PackageKind kind = PackageKind.AddOn) =>
        new(id, kind, name ?? id, new(2026, 1, 1), new(2028, 12, 31), "account", "profile", hours);

    private static Gen<decimal?> Hours => Gen.Frequency(
        (1, Gen.Const((decimal?)null)),
        (3, Gen.Long[0, 10_000_000_000].Select(units => (decimal?)(units / 10_000m))),
        (1, Gen.Int[0, 3].Select(n => (decimal?)(n switch { 0 => 0, 1 => 0.0001m, 2 => 1_000_000, _ => 12.50m }))));

    private static Gen<DateTimeOffset?> Date => Gen.Frequency(
        (1, Gen.Const((DateTimeOffset?)null)), (3, Gen.Int[0, 9].Select(day => (DateTimeOffset?)Now.AddDays(day))));
}
