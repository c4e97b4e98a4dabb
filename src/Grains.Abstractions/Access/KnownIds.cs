using System.Collections.Immutable;

namespace EngageCenter.Access;

/// <summary>
/// The ids that mean something here, as their owner leases them: which of a tenant's groups hold roles in a workspace, or
/// which tenants an agreement names. What is not in it is a stranger's, and is answered without asking anybody else. It may
/// hold an id that means nothing any more, never lack one that means something.
/// </summary>
/// <param name="Version">Grows with each change of <paramref name="Ids"/> or <paramref name="Versions"/>.</param>
/// <param name="Ids">Sorted.</param>
/// <param name="IsComplete">
/// False while ids that an earlier release stored may be missing (<see cref="IKnownIdsBuild"/>): then an id that is not in
/// it may still mean something, and has to be asked for.
/// </param>
/// <param name="Versions">
/// Of a set of groups: of each id, in their order, the version that its list of workspaces has at least. Absent in a set of
/// tenants, and from an owner of an earlier release.
/// </param>
/// <param name="Era">
/// While every silo raises <paramref name="Versions"/> before it lets a list grow. A list that was read in this era and has
/// the version of its group lacks nothing. Empty while nobody can say so; another one whenever a silo comes or goes.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.KnownIds")]
internal sealed record KnownIds(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<Guid> Ids,
    [property: Id(2)] bool IsComplete,
    [property: Id(3)] ImmutableArray<long> Versions = default,
    [property: Id(4)] Guid Era = default)
{
    /// <summary>Groups of one tenant that hold roles in some workspace; some 45 bytes each in its row, 16 in a lease.</summary>
    public const int MaxGroups = 10_000;

    /// <summary>
    /// Tenants of one of 256 sets, that is two million in all: a tenant's id says which set is its own, so that no stranger's
    /// tenant makes one more.
    /// </summary>
    public const int MaxTenants = 8_192;

    private const string GroupPrefix = "groups/";
    private const string TenantPrefix = "tenants/";

    // Every request asks for one of them.
    private static readonly string[] tenantSets = [.. Enumerable.Range(0, 256).Select(first => $"{TenantPrefix}{first:x2}")];

    /// <summary>The keys of all sets of tenants.</summary>
    public static ReadOnlySpan<string> TenantSets => tenantSets;

    /// <summary>The key of the set of a tenant's groups.</summary>
    public static string GroupsOf(Guid tenantId) => $"{GroupPrefix}{tenantId:D}";

    /// <summary>The key of the set that a tenant is in, if it is in any.</summary>
    public static string TenantsWith(Guid tenantId)
    {
        Span<byte> bytes = stackalloc byte[16];
        tenantId.TryWriteBytes(bytes, bigEndian: true, out _);
        return tenantSets[bytes[0]];
    }

    /// <summary>How many ids the set of a key may have.</summary>
    public static int MaxIn(string key) => IsOfGroups(key) ? MaxGroups
        : key.StartsWith(TenantPrefix, StringComparison.Ordinal) ? MaxTenants
        : throw new ArgumentException($"'{key}' is no set of known ids.", nameof(key));

    public static bool IsOfGroups(string key) => key.StartsWith(GroupPrefix, StringComparison.Ordinal);

    /// <summary>Whether the id may mean something: false is certain.</summary>
    public bool MayHold(Guid id) => !IsComplete || Ids.BinarySearch(id) >= 0;

    /// <summary>The version that the list of a group has at least; null where nobody can say so, and the group has to be asked.</summary>
    public long? VersionOf(Guid groupId) =>
        Era != Guid.Empty && !Versions.IsDefault && Ids.BinarySearch(groupId) is >= 0 and var place ? Versions[place] : null;
}

/// <param name="Ids">Null where nothing can be confirmed now, and where they are still those that were known.</param>
/// <param name="Lease">For how long.</param>
/// <param name="Era">The <see cref="KnownIds.Era"/> of now.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.KnownIdsAnswer")]
internal readonly record struct KnownIdsAnswer(
    [property: Id(0)] PolicyAnswerKind Kind,
    [property: Id(1)] KnownIds? Ids = null,
    [property: Id(2)] TimeSpan Lease = default,
    [property: Id(3)] Guid Era = default);

/// <summary>
/// The owner of one set of known ids. Keyed <c>groups/{tenantId}</c>, or <c>tenants/{first byte of the tenant's id, in
/// hexadecimal}</c>.
/// </summary>
[GrainInterfaceType("EngageCenter.IKnownIdsGrain"), Alias("EngageCenter.IKnownIdsGrain")]
internal interface IKnownIdsGrain : IGrainWithStringKey
{
    /// <summary>Leases the set to a process. Interleaves with changes.</summary>
    /// <param name="knownVersion">The version of a complete copy that the process has; -1 for none.</param>
    [Alias("Lease"), Orleans.Concurrency.AlwaysInterleave]
    Task<KnownIdsAnswer> Lease(IKnownIdsHolder holder, long knownVersion);

    /// <summary>
    /// Called before the id comes to mean something, or more. Done when no process is answered by a set without it, or with
    /// an older version of it, any more.
    /// </summary>
    /// <param name="version">Of what the id means; a later <see cref="Remove"/> of an older version leaves it.</param>
    /// <param name="isMore">Whether it means more than before. Otherwise an id that is there stays as it is.</param>
    /// <returns>False where the set is full.</returns>
    /// <exception cref="TryLaterException">A full set of groups removes those that hold no role.</exception>
    [Alias("Add")]
    Task<bool> Add(Guid id, long version, bool isMore);

    /// <summary>Called after the id, by <paramref name="version"/> of what it means, means nothing any more.</summary>
    [Alias("Remove")]
    Task Remove(Guid id, long version);
}

/// <summary>The sets that a process holds, as their owners know it.</summary>
[GrainInterfaceType("EngageCenter.IKnownIdsHolder"), Alias("EngageCenter.IKnownIdsHolder")]
internal interface IKnownIdsHolder : IGrainObserver
{
    /// <summary>Gives up a set, and whatever is on its way here from a request sent before.</summary>
    [Alias("Recall")]
    Task Recall(string key);
}

/// <summary>
/// Whether the sets hold what an earlier release stored, which did not know of them. One grain, keyed
/// <see cref="Key"/>: until it has had every stored agreement say what it names, no set is complete.
/// </summary>
[GrainInterfaceType("EngageCenter.IKnownIdsBuild"), Alias("EngageCenter.IKnownIdsBuild")]
internal interface IKnownIdsBuild : IGrainWithStringKey
{
    const string Key = "build";

    /// <summary>Whether they do. Once true it stays so. Where it is false, and nobody does, it begins to build them.</summary>
    [Alias("IsDone"), Orleans.Concurrency.AlwaysInterleave]
    Task<bool> IsDone();

    /// <summary>The same, after what it began has ended.</summary>
    [Alias("Build"), Orleans.Concurrency.AlwaysInterleave]
    Task<bool> Build();
}
