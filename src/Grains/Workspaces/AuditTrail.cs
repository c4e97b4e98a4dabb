using System.Collections.Immutable;
using EngageCenter.Access;
using Values = System.Collections.Immutable.ImmutableSortedDictionary<string, System.Collections.Immutable.ImmutableArray<string>>;

namespace EngageCenter.Workspaces;

/// <summary>
/// The end of a workspace's audit trail: it is stored in the same write as the change that it tells of. What is older
/// is in segments of <see cref="SegmentSize"/> events, segment n holding the sequences from n × SegmentSize + 1 on.
/// </summary>
[Alias("EngageCenter.AuditTrail")]
internal sealed record AuditTrail
{
    /// <summary>Events in one segment, and at most in <see cref="Recent"/>.</summary>
    public const int SegmentSize = 32;

    public static AuditTrail Empty { get; } = new();

    /// <summary>The sequence of the newest event, 0 for none.</summary>
    public long Last { get; init; }

    /// <summary>The newest events, oldest first: all that no full segment holds, and perhaps the last full segment.</summary>
    public ImmutableArray<AuditEvent> Recent { get; init; } = [];

    /// <summary>The segment that has to be stored before the next event is recorded, if any.</summary>
    public (long Number, ImmutableArray<AuditEvent> Events)? Full =>
        Recent.Length == SegmentSize ? ((Last / SegmentSize) - 1, Recent) : null;

    public AuditTrail Record(
        DateTimeOffset now, Actor actor, AuditAction action, AuditTarget target, Values? before, Values? after)
    {
        var recorded = new AuditEvent(Last + 1, now, actor, action, target, before, after);
        return new()
        {
            Last = Last + 1,
            Recent = Recent.Length == SegmentSize ? [recorded] : Recent.Add(recorded),
        };
    }

    public static Values Of(params ReadOnlySpan<(string Name, ImmutableArray<string> Value)> values)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            builder.Add(name, value);
        }

        return builder.ToImmutable();
    }

    public static Values GrantOf(GroupGrant grant)
    {
        var roles = RoleTable.All.Where(d => (grant.Roles & d.Role) != 0).Select(d => d.Role.ToString()).ToImmutableArray();
        return grant.DisplayName is { } name
            ? Of(("displayName", [name]), ("roles", roles))
            : Of(("roles", roles));
    }

    /// <summary>What a contract says that another one does not: an event tells the difference, not the whole.</summary>
    public static Values ContractOf(WorkspaceContract contract, WorkspaceContract? except)
    {
        var values = Of(("contacts", Except(contract, except, c => c.Contacts.Select(p => $"{p.Person} {p.Roles}"))));
        if (contract.DefaultName != except?.DefaultName)
        {
            values = values.Add("name", [contract.DefaultName]);
        }

        var packages = Except(contract, except, c => c.Terms?.Packages.Select(p => $"{p.PackageId} {p.Kind} {p.BillingAccountId} {p.BillingProfileId}"));
        var readers = Except(contract, except, c => c.Terms?.BillingReaders.Select(
            r => $"{r.BillingAccountId} {r.BillingProfileId ?? "*"} {r.TenantId}/{r.UserId ?? r.GroupId}"));
        values = packages.IsEmpty ? values : values.Add("packages", packages);
        return readers.IsEmpty ? values : values.Add("billingReaders", readers);
    }

    private static ImmutableArray<string> Except(WorkspaceContract contract, WorkspaceContract? except, Func<WorkspaceContract, IEnumerable<string>?> of) =>
        [.. (of(contract) ?? []).Except((except is null ? null : of(except)) ?? [])];
}

/// <summary>A full segment of the audit trail, as it is stored.</summary>
[Alias("EngageCenter.AuditSegment")]
internal sealed record AuditSegment
{
    public ImmutableArray<AuditEvent> Events { get; init; } = [];
}
