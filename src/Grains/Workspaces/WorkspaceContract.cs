using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;

namespace EngageCenter.Workspaces;

/// <summary>What the agreement says of one of its workspaces.</summary>
/// <param name="Version">The agreement's version: a workspace never goes back to an older contract.</param>
/// <param name="Contacts">Each person once, with all contract roles.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.WorkspaceContract")]
internal sealed record WorkspaceContract(
    [property: Id(0)] string AgreementId,
    [property: Id(1)] AgreementType AgreementType,
    [property: Id(2)] Guid TenantId,
    [property: Id(3)] string DefaultName,
    [property: Id(4)] DateOnly StartDate,
    [property: Id(5)] DateOnly EndDate,
    [property: Id(6)] ImmutableArray<PolicyContact> Contacts,
    [property: Id(7)] long Version);

/// <summary>How an agreement sets its workspaces up.</summary>
[GrainInterfaceType("EngageCenter.IContractedWorkspace"), Alias("EngageCenter.IContractedWorkspace")]
internal interface IContractedWorkspace : IGrainWithStringKey
{
    /// <summary>Sets the workspace up, or brings it to a newer version of its contract. Idempotent.</summary>
    [Alias("Provision")]
    Task<WorkspaceHeader> Provision(Actor actor, WorkspaceContract contract);
}
