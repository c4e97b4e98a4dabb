using CsCheck;

namespace EngageCenter.Support;

/// <summary>Generators of updates of support cases.</summary>
internal static class Updates
{
    public static DateTimeOffset Start { get; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Few cases, any status, and times that are often equal or at the beginning of a month.</summary>
    public static Gen<SupportCase> Any { get; } =
        from id in Gen.Int[0, 60]
        from revision in Gen.Int[0, 3]
        from updated in Gen.Int[0, 20]
        from created in Instant
        from closed in Gen.Frequency((1, Gen.Const((DateTimeOffset?)null)), (3, Instant.Select(i => (DateTimeOffset?)i)))
        from status in Gen.Enum<CaseStatus>()
        from severity in Gen.Enum<CaseSeverity>()
        from product in Gen.Int[0, 8]
        from sla in Gen.Int[0, 2]
        select Case(
            id % 3 == 0 ? $"CASE-{id}" : $"case-{id}",
            created,
            revision: revision,
            updated: Start.AddDays(updated),
            status: status,
            severity: severity,
            product: $"Product {(char)('a' + product)}",
            sla: sla switch { 0 => null, 1 => true, _ => false },
            closed: closed < created ? created : closed);

    /// <summary>Times in 2024 and 2025; every fourth is the beginning of a month.</summary>
    public static Gen<DateTimeOffset> Instant => Gen.Frequency(
        (1, Gen.Int[0, 23].Select(month => Start.AddMonths(month))),
        (3, Gen.Int[0, 2 * 365 * 24].Select(hour => Start.AddHours(hour))));

    public static SupportCase Case(
        string id,
        DateTimeOffset created,
        long revision = 0,
        DateTimeOffset? updated = null,
        string title = "Something is wrong",
        CaseStatus status = CaseStatus.New,
        CaseSeverity severity = CaseSeverity.B,
        string product = "Widgets",
        bool? sla = null,
        DateTimeOffset? closed = null) =>
        new(id, revision, updated ?? created, created, title, status, severity, product, null, null, sla, null, null, closed, null);

    /// <summary>Keeps the first of the updates that cannot be ordered: two updates of a case never share (lastUpdatedAt, revision).</summary>
    public static IEnumerable<SupportCase> WithoutTies(this IEnumerable<SupportCase> updates) =>
        updates.DistinctBy(u => (u.CaseId, u.LastUpdatedAt, u.Revision));

    public static SupportCases Applied(IEnumerable<SupportCase> updates, int batch = SupportCase.MaxBatch)
    {
        var cases = new SupportCases();
        foreach (var chunk in updates.Chunk(batch))
        {
            cases.Apply(cases.Decide([.. chunk]).Newer);
        }

        return cases;
    }
}
