using System.Collections.Immutable;

namespace EngageCenter.Access;

/// <summary>
/// A leased copy of the known ids: the groups of a tenant that hold roles in some workspace, or the tenants that agreements
/// name. An id that is not in the set belongs to a stranger, who is answered without further calls. The set may hold an id
/// that no longer means anything, but it never lacks one that does.
/// </summary>
/// <param name="Version">Grows with each change of <paramref name="Ids"/> or <paramref name="Versions"/>.</param>
/// <param name="Ids">Sorted.</param>
/// <param name="IsComplete">
/// False while ids that an earlier release stored may be missing (<see cref="IKnownIdsBuild"/>). Until then an id that is
/// not in the set may still mean something, and has to be asked for.
/// </param>
/// <param name="Versions">
/// For a set of groups: for each id, in the same order, the least version that its list of workspaces has. Absent in a set
/// of tenants, and from an owner of an earlier release.
/// </param>
/// <param name="Era">
/// Identifies a time in which every silo raises <paramref name="Versions"/> before it lets a list grow. A list lacks nothing
/// if it was read in this era and has the version of its group. It changes whenever a silo joins or leaves. Empty if it is
/// not known that all silos do so.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.KnownIds")]
internal sealed record KnownIds(
    [property: Id(0)] long Version,
    [property: Id(1)] ImmutableArray<Guid> Ids,
    [property: Id(2)] bool IsComplete,
    [property: Id(3)] ImmutableArray<long> Versions = default,
    [property: Id(4)] Guid Era = default)
{
    /// <summary>The most groups of one tenant that hold roles. Each takes about 45 bytes in the row, 16 in a lease.</summary>
    public const int MaxGroups = 10_000;

    /// <summary>
    /// The most tenants in one of the 256 sets, which is two million in all. A tenant's id determines its set, so tenants of
    /// strangers cannot create more sets.
    /// </summary>
    public const int MaxTenants = 8_192;

    private const string GroupPrefix = "groups/";
    private const string TenantPrefix = "tenants/";

    // Computed once, because every request needs one of the keys.
    private static readonly string[] tenantSets = [.. Enumerable.Range(0, 256).Select(first => $"{TenantPrefix}{first:x2}")];

    /// <summary>The keys of all sets of tenants.</summary>
    public static ReadOnlySpan<string> TenantSets => tenantSets;

    /// <summary>Returns the key of the set of a tenant's groups.</summary>
    public static string GroupsOf(Guid tenantId) => $"{GroupPrefix}{tenantId:D}";

    /// <summary>Returns the key of the set that a tenant would be in.</summary>
    public static string TenantsWith(Guid tenantId)
    {
        Span<byte> bytes = stackalloc byte[16];
        tenantId.TryWriteBytes(bytes, bigEndian: true, out _);
        return tenantSets[bytes[0]];
    }

    /// <summary>Returns the most ids that the set with this key may have.</summary>
    public static int MaxIn(string key) => IsOfGroups(key) ? MaxGroups
        : key.StartsWith(TenantPrefix, StringComparison.Ordinal) ? MaxTenants
        : throw new ArgumentException($"'{key}' is not the key of a set of known ids.", nameof(key));

    public static bool IsOfGroups(string key) => key.StartsWith(GroupPrefix, StringComparison.Ordinal);

    /// <summary>Whether the id may mean something. If false, it certainly means nothing.</summary>
    public bool MayHold(Guid id) => !IsComplete || Ids.BinarySearch(id) >= 0;

    /// <summary>Returns the least version that the list of a group has; null if that is unknown and the group has to be asked.</summary>
    public long? VersionOf(Guid groupId) =>
        Era != Guid.Empty && !Versions.IsDefault && Ids.BinarySearch(groupId) is >= 0 and var place ? Versions[place] : null;
}

/// <param name="Ids">Null if nothing can be confirmed now, or if the caller's copy is still current.</param>
/// <param name="Lease">How long the set may be used.</param>
/// <param name="Era">The current <see cref="KnownIds.Era"/>.</param>
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
    /// <summary>Leases the set to a process. May run while a change is being made.</summary>
    /// <param name="knownVersion">The version of a complete copy that the process has; -1 for none.</param>
    [Alias("Lease"), Orleans.Concurrency.AlwaysInterleave]
    Task<KnownIdsAnswer> Lease(IKnownIdsHolder holder, long knownVersion);

    /// <summary>
    /// Adds an id, or raises its version. Called before the id means something, or means more than before. When it returns, no
    /// process decides any more by a set without the id, or by an older version of it.
    /// </summary>
    /// <param name="version">The version of the fact that gives the id its meaning. A later <see cref="Remove"/> of an older version does not remove the id.</param>
    /// <param name="isMore">Whether the id means more than before. If not, an id that is in the set already is left as it is.</param>
    /// <returns>False if the set is full.</returns>
    /// <exception cref="TryLaterException">The set of groups is full; it is removing the groups that hold no role.</exception>
    [Alias("Add")]
    Task<bool> Add(Guid id, long version, bool isMore);

    /// <summary>Removes an id. Called after the id, as of <paramref name="version"/>, no longer means anything.</summary>
    [Alias("Remove")]
    Task Remove(Guid id, long version);
}

/// <summary>The sets that a process holds, as their owners see them.</summary>
[GrainInterfaceType("EngageCenter.IKnownIdsHolder"), Alias("EngageCenter.IKnownIdsHolder")]
internal interface IKnownIdsHolder : IGrainObserver
{
    /// <summary>Gives up a set, also one that is still on its way as the answer to an earlier request.</summary>
    [Alias("Recall")]
    Task Recall(string key);
}

/// <summary>
/// Builds the sets after an upgrade from a release that had none. One grain, keyed <see cref="Key"/>. No set is complete
/// until every stored agreement has reported the ids that it names.
/// </summary>
[GrainInterfaceType("EngageCenter.IKnownIdsBuild"), Alias("EngageCenter.IKnownIdsBuild")]
internal interface IKnownIdsBuild : IGrainWithStringKey
{
    const string Key = "build";

    /// <summary>Whether the sets are complete. Once true, it stays true. If false and no build is running, starts one.</summary>
    [Alias("IsDone"), Orleans.Concurrency.AlwaysInterleave]
    Task<bool> IsDone();

    /// <summary>Builds the sets if necessary, waits for the end, and returns whether they are complete.</summary>
    [Alias("Build"), Orleans.Concurrency.AlwaysInterleave]
    Task<bool> Build();
}
