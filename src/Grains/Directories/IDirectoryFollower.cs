using System.Collections.Immutable;

namespace EngageCenter.Directories;

/// <summary>Follows the changes of a tenant's groups while somebody of the tenant is here. Keyed by the tenant's id.</summary>
[GrainInterfaceType("EngageCenter.IDirectoryFollower"), Alias("EngageCenter.IDirectoryFollower")]
internal interface IDirectoryFollower : IGrainWithStringKey
{
    /// <summary>Somebody of the tenant is here: follow, if it does not already.</summary>
    [Alias("Wake"), Orleans.Concurrency.AlwaysInterleave]
    Task Wake();

    /// <summary>One round now. False where it was not completed: it is begun again from where the last one ended.</summary>
    [Alias("Poll")]
    Task<bool> Poll();

    /// <summary>What the directory told since a version, for whoever keeps people of groups.</summary>
    /// <param name="version">Of the answer before; 0 for none.</param>
    [Alias("Since"), Orleans.Concurrency.AlwaysInterleave]
    Task<ToldChanges> Since(long version);
}

/// <summary>A person whose groups may have changed. Implemented by the person's grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.IObservedPerson"), Alias("EngageCenter.IObservedPerson")]
internal interface IObservedPerson : IGrainWithStringKey
{
    /// <summary>Asks the directory for the person's groups. When it returns true, nobody is decided by older ones any more.</summary>
    /// <returns>False where the directory did not answer; true also for somebody who is not known here.</returns>
    [Alias("ObserveAgain")]
    Task<bool> ObserveAgain();

    /// <summary>Asks the directory whether the person's account may be used. When it returns true, nobody is decided by an older answer any more.</summary>
    /// <returns>False where the directory did not answer; true also for somebody who is not known here.</returns>
    [Alias("ObserveAccount")]
    Task<bool> ObserveAccount();
}

/// <summary>A workspace whose groups have names of the directory. Implemented by the workspace's grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.INamedGroups"), Alias("EngageCenter.INamedGroups")]
internal interface INamedGroups : IGrainWithStringKey
{
    /// <summary>The group has this name now. Nothing happens where it holds no role.</summary>
    [Alias("Name")]
    Task Name(Guid groupId, string displayName);
}

/// <summary>A workspace's people by group. Implemented by its list of people, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.IPeopleOfGroups"), Alias("EngageCenter.IPeopleOfGroups")]
internal interface IPeopleOfGroups : IGrainWithStringKey
{
    /// <summary>Who of a tenant came with the group.</summary>
    [Alias("In")]
    Task<ImmutableArray<Guid>> In(Guid tenantId, Guid groupId);

    /// <summary>Everybody of a tenant who came.</summary>
    [Alias("Of")]
    Task<ImmutableArray<Guid>> Of(Guid tenantId);
}
