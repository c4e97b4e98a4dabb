namespace EngageCenter.Agreements;

/// <summary>What a workspace asks of the agreement that set it up. Implemented by the agreement's grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.IContractor"), Alias("EngageCenter.IContractor")]
internal interface IContractor : IGrainWithStringKey
{
    /// <summary>Ends when every workspace has the contract as it was last put. For an unknown agreement it ends at once.</summary>
    [Alias("BringInLine")]
    Task BringInLine();
}
