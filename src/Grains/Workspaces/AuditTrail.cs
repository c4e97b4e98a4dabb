using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Access;
using EngageCenter.Storage;
using Values = System.Collections.Immutable.ImmutableSortedDictionary<string, System.Collections.Immutable.ImmutableArray<string>>;

namespace EngageCenter.Workspaces;

/// <summary>
/// The end of a workspace's audit trail. It is stored in the same write as the change that it records. Older events are in
/// segments of <see cref="SegmentSize"/> events; segment n has the sequences from n × SegmentSize + 1 on.
/// </summary>
[Alias("EngageCenter.AuditTrail")]
internal sealed record AuditTrail
{
    /// <summary>The events in one segment, and the most in <see cref="Recent"/>.</summary>
    public const int SegmentSize = 32;

    public static AuditTrail Empty { get; } = new();

    /// <summary>The sequence of the newest event; 0 if there is none.</summary>
    public long Last { get; init; }

    /// <summary>The newest events, oldest first: all that are in no full segment, and perhaps the last full segment.</summary>
    public ImmutableArray<AuditEvent> Recent { get; init; } = [];

    /// <summary>The segment that must be stored before the next event is recorded, if any.</summary>
    public (long Number, ImmutableArray<AuditEvent> Events)? Full =>
        Recent.Length == SegmentSize ? ((Last / SegmentSize) - 1, Recent) : null;

    /// <summary>Whether the events have consecutive sequences up to a given one.</summary>
    public static bool EndsAt(ImmutableArray<AuditEvent> events, long last)
    {
        for (var i = 0; i < events.Length; i++)
        {
            if (events[i].Sequence != last - events.Length + 1 + i)
            {
                return false;
            }
        }

        return true;
    }

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

    /// <summary>
    /// Returns the values of a workspace's contract that differ from another contract, before and after. For a list, only the entries
    /// that the other one lacks. Both are empty if nothing differs.
    /// </summary>
    /// <param name="before">Null for a new workspace; then all values of the contract are returned.</param>
    public static (Values Before, Values After) ContractChange(WorkspaceContract? before, WorkspaceContract after)
    {
        var (was, now) = (before is null ? Of() : ContractOf(before), ContractOf(after));
        var changed = now.Keys.Where(name => !Entries(was, name).ToHashSet().SetEquals(Entries(now, name))).ToList();
        return (Differing(was, now), Differing(now, was));

        Values Differing(Values one, Values other) => Of([.. changed.Select(name => (name, Entries(one, name).Except(Entries(other, name)).ToImmutableArray()))]);

        static ImmutableArray<string> Entries(Values values, string name) => values.GetValueOrDefault(name, []);
    }

    private static Values ContractOf(WorkspaceContract contract) => Of(
        ("name", [contract.DefaultName]),
        ("startDate", [Day(contract.StartDate)]),
        ("endDate", [Day(contract.EndDate)]),
        ("contacts", [.. contract.Contacts.Select(c => $"{c.Person} {c.Roles} {c.DisplayName} <{c.Email}>")]),
        ("accountTeam", [.. (contract.Terms?.Team ?? []).Select(c => $"{c.Role} {c.Person} {c.Phone}".TrimEnd())]),
        ("packages", [.. (contract.Terms?.Packages ?? []).Select(p => string.Create(
            CultureInfo.InvariantCulture,
            $"{p.PackageId} {p.Kind} {p.Name}, {Day(p.StartDate)} to {Day(p.EndDate)}, {p.BillingAccountId} {p.BillingProfileId}, {p.HoursPurchased ?? 0} h"))]),
        ("billingReaders", [.. (contract.Terms?.BillingReaders ?? []).Select(
            r => $"{r.BillingAccountId} {r.BillingProfileId ?? "*"} {r.TenantId}/{r.UserId ?? r.GroupId}")]));

    private static string Day(DateOnly day) => day.ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>A full segment of the audit trail as stored.</summary>
[Alias("EngageCenter.AuditSegment")]
internal sealed record AuditSegment : IStoredState
{
    public ImmutableArray<AuditEvent> Events { get; init; } = [];

    string? IStoredState.Contradiction =>
        Events.Length == AuditTrail.SegmentSize && Events[^1].Sequence % AuditTrail.SegmentSize == 0 && AuditTrail.EndsAt(Events, Events[^1].Sequence)
            ? null
            : "it is not a whole segment of an audit trail";
}
