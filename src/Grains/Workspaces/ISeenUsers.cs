using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>How a workspace's list of people learns of a sign-in. Implemented by the list's grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.ISeenUsers"), Alias("EngageCenter.ISeenUsers")]
internal interface ISeenUsers : IGrainWithStringKey
{
    /// <summary>A member came with a new token, or somebody who was one.</summary>
    [Alias("Seen")]
    Task Seen(SeenUser user);
}
