using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>Tells a workspace's list of people whose account is blocked. Implemented by the list's grain, with the same key.</summary>
[GrainInterfaceType("EngageCenter.IPeoplesAccounts"), Alias("EngageCenter.IPeoplesAccounts")]
internal interface IPeoplesAccounts : IGrainWithStringKey
{
    /// <summary>Reports the account of a person who signed in, or whom the contract names.</summary>
    [Alias("Account")]
    Task Account(PersonId person, bool isBlocked, DateTimeOffset at);
}
