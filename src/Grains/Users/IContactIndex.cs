using EngageCenter.Access;

namespace EngageCenter.Users;

/// <summary>In which workspaces the contract names a person. Implemented by the person's grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.IContactIndex"), Alias("EngageCenter.IContactIndex")]
internal interface IContactIndex : IWorkspaceIndex;
