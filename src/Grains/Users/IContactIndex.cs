using System.Collections.Immutable;
using EngageCenter.Access;

namespace EngageCenter.Users;

/// <summary>The workspaces whose contract names a person. Implemented by the person's grain, with the same key.</summary>
[GrainInterfaceType("EngageCenter.IContactIndex"), Alias("EngageCenter.IContactIndex")]
internal interface IContactIndex : IWorkspaceIndex
{
    /// <summary>Like <see cref="IWorkspaceIndex.Add"/> for all workspaces of an agreement in one write, all or none.</summary>
    /// <param name="workspaceIds">At most the workspaces of one agreement.</param>
    /// <returns>False if the index would be full.</returns>
    [Alias("AddAll")]
    Task<bool> AddAll(ImmutableArray<string> workspaceIds, long epoch);

    /// <summary>Like <see cref="IWorkspaceIndex.Remove"/> for all workspaces of an agreement in one write.</summary>
    [Alias("RemoveAll")]
    Task RemoveAll(ImmutableArray<string> workspaceIds, long epoch);
}
