namespace EngageCenter.Agreements;

/// <summary>An agreement that reports the ids that it names. Implemented by its grain, with the same key.</summary>
[GrainInterfaceType("EngageCenter.INamingAgreement"), Alias("EngageCenter.INamingAgreement")]
internal interface INamingAgreement : IGrainWithStringKey
{
    /// <summary>
    /// Adds the tenants that the agreement names, and the groups that hold roles in its workspaces, to the sets of known ids. Those
    /// of an agreement that an earlier release stored may be missing there.
    /// </summary>
    [Alias("SayNames")]
    Task AddKnownIds();
}
