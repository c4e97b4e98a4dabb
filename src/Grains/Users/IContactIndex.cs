using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Users;

/// <summary>In which workspaces the contract names a person. Implemented by the person's grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.IContactIndex"), Alias("EngageCenter.IContactIndex")]
internal interface IContactIndex : IWorkspaceIndex
{
    /// <summary><see cref="IWorkspaceIndex.Add"/> for all workspaces of an agreement, all or none, in one write.</summary>
    /// <param name="workspaceIds">At most those of one agreement.</param>
    /// <returns>False where the index would be full.</returns>
    [Alias("AddAll")]
    Task<bool> AddAll(ImmutableArray<string> workspaceIds, long epoch);

    /// <summary><see cref="IWorkspaceIndex.Remove"/> for all workspaces of an agreement, in one write.</summary>
    [Alias("RemoveAll")]
    Task RemoveAll(ImmutableArray<string> workspaceIds, long epoch);
}
