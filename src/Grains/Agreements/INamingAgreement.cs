namespace EngageCenter.Agreements;

/// <summary>What an agreement makes known. Implemented by its grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.INamingAgreement"), Alias("EngageCenter.INamingAgreement")]
internal interface INamingAgreement : IGrainWithStringKey
{
    /// <summary>
    /// Has the tenants that it names, and the groups that hold roles in its workspaces, be known: what an earlier release
    /// stored may not be.
    /// </summary>
    [Alias("SayNames")]
    Task SayNames();
}
