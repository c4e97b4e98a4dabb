using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>Tells a workspace's list of people about sign-ins. Implemented by the list's grain, with the same key.</summary>
[GrainInterfaceType("EngageCenter.ISeenUsers"), Alias("EngageCenter.ISeenUsers")]
internal interface ISeenUsers : IGrainWithStringKey
{
    /// <summary>Reports that a member or former member signed in with a new token.</summary>
    [Alias("Seen")]
    Task Seen(SeenUser user);
}
