using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>How a workspace's list of people learns whose account is blocked. Implemented by the list's grain, keyed as it.</summary>
[GrainInterfaceType("EngageCenter.IPeoplesAccounts"), Alias("EngageCenter.IPeoplesAccounts")]
internal interface IPeoplesAccounts : IGrainWithStringKey
{
    /// <summary>The account of somebody who came, or whom the contract names.</summary>
    [Alias("Account")]
    Task Account(PersonId person, bool isBlocked, DateTimeOffset at);
}
