using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>Follows the changes of a tenant's groups while its people use the service. Keyed by the tenant's id.</summary>
[GrainInterfaceType("EngageCenter.IDirectoryFollower"), Alias("EngageCenter.IDirectoryFollower")]
internal interface IDirectoryFollower : IGrainWithStringKey
{
    /// <summary>Says that people of the tenant use the service. Starts to follow the directory if necessary.</summary>
    [Alias("Wake"), Orleans.Concurrency.AlwaysInterleave]
    Task Wake();

    /// <summary>
    /// Says that a person came for the first time. The next rounds ask about them. At most <see cref="DirectoryFollower.MaxNewcomers"/>
    /// people wait; others have to be reported again.
    /// </summary>
    [Alias("Came"), Orleans.Concurrency.AlwaysInterleave]
    Task Came(Guid userId);

    /// <summary>
    /// Runs one round now, and further ones while people with an activation still have to be asked about. False if the last one was
    /// not completed; then the next round starts where the last complete one ended.
    /// </summary>
    [Alias("Poll")]
    Task<bool> Poll();

    /// <summary>Returns the changes since a version, for grains that keep the people of groups.</summary>
    /// <param name="version">The version of the previous answer; 0 for none.</param>
    [Alias("Since"), Orleans.Concurrency.AlwaysInterleave]
    Task<ToldChanges> Since(long version);
}

/// <summary>A person whose groups may have changed. Implemented by the person's grain, with the same key.</summary>
[GrainInterfaceType("EngageCenter.IObservedPerson"), Alias("EngageCenter.IObservedPerson")]
internal interface IObservedPerson : IGrainWithStringKey
{
    /// <summary>
    /// Returns how long an observation that takes something away would have to wait until decisions that an earlier activation
    /// lent have expired. The caller can then wait once for many people.
    /// </summary>
    [Alias("Prepare")]
    Task<TimeSpan> Prepare();

    /// <summary>Asks the directory for the person's groups. When it returns true, no decision uses older groups any more.</summary>
    /// <returns>False if the directory did not answer. True for a person who is not known here.</returns>
    [Alias("ObserveAgain")]
    Task<bool> ObserveAgain();

    /// <summary>Asks the directory whether the person's account is enabled. When it returns true, no decision uses an older answer any more.</summary>
    /// <returns>False if the directory did not answer. True for a person who is not known here.</returns>
    [Alias("ObserveAccount")]
    Task<bool> ObserveAccount();

    /// <summary>
    /// Asks the directory about a person who came for the first time. What changed before they came was not reported about them, so
    /// their token may be older than that. Until this returns true, the person's grain tells the follower again.
    /// </summary>
    /// <param name="withAccount">Whether the application may read accounts.</param>
    /// <returns>False if the directory did not answer.</returns>
    [Alias("ObserveFirst")]
    Task<bool> ObserveFirst(bool withAccount);
}

/// <summary>A workspace whose groups have the directory's names. Implemented by the workspace's grain, with the same key.</summary>
[GrainInterfaceType("EngageCenter.INamedGroups"), Alias("EngageCenter.INamedGroups")]
internal interface INamedGroups : IGrainWithStringKey
{
    /// <summary>Tells the workspace the new name of a group. Changes nothing if the group holds no role.</summary>
    [Alias("Name")]
    Task NameGroup(Guid groupId, string displayName);
}

/// <summary>The people of a workspace by group. Implemented by the grain of its list of people, with the same key.</summary>
[GrainInterfaceType("EngageCenter.IPeopleOfGroups"), Alias("EngageCenter.IPeopleOfGroups")]
internal interface IPeopleOfGroups : IGrainWithStringKey
{
    /// <summary>Returns the people of a tenant who signed in with the group.</summary>
    [Alias("In")]
    Task<ImmutableArray<Guid>> In(Guid tenantId, Guid groupId);

    /// <summary>Returns the people of a tenant who signed in.</summary>
    [Alias("Of")]
    Task<ImmutableArray<Guid>> Of(Guid tenantId);
}
