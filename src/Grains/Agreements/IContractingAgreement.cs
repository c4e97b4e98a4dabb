namespace EngageCenter.Agreements;

/// <summary>What a workspace asks of the agreement that set it up. Implemented by the agreement's grain, with the same key.</summary>
[GrainInterfaceType("EngageCenter.IContractor"), Alias("EngageCenter.IContractor")]
internal interface IContractingAgreement : IGrainWithStringKey
{
    /// <summary>Updates the workspaces, and returns when each has the newest contract. Returns at once for an unknown agreement.</summary>
    [Alias("BringInLine")]
    Task UpdateWorkspaces();
}
