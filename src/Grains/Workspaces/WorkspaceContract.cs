using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;

namespace EngageCenter.Workspaces;

/// <summary>What the agreement says of one of its workspaces.</summary>
/// <param name="Version">The agreement's version: a workspace never goes back to an older contract.</param>
/// <param name="Contacts">Each person once, with all contract roles.</param>
/// <param name="Terms">Null in a row of a release that did not know of them, until the agreement brings it in line.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.WorkspaceContract")]
internal sealed record WorkspaceContract(
    [property: Id(0)] string AgreementId,
    [property: Id(1)] AgreementType AgreementType,
    [property: Id(2)] Guid TenantId,
    [property: Id(3)] string DefaultName,
    [property: Id(4)] DateOnly StartDate,
    [property: Id(5)] DateOnly EndDate,
    [property: Id(6)] ImmutableArray<PolicyContact> Contacts,
    [property: Id(7)] long Version,
    [property: Id(8), SinceFormat(1)] ContractTerms? Terms = null)
{
    /// <summary>Whether the agreement knows that the workspace was stored: then it is not set up anew. Never stored itself.</summary>
    [Id(9), JsonIgnore]
    public bool WasStored { get; init; }
}

/// <summary>What the contract buys, who answers for it, and who may read the bill. Of one workspace's packages only.</summary>
/// <param name="Team">The primary Customer Success Account Managers and Incident Managers.</param>
/// <param name="Packages">All of the agreement's, or the one that the workspace is for.</param>
/// <param name="BillingReaders">Those of the packages' billing accounts.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ContractTerms")]
internal sealed record ContractTerms(
    [property: Id(0)] ImmutableArray<Contact> Team,
    [property: Id(1)] ImmutableArray<Package> Packages,
    [property: Id(2)] ImmutableArray<BillingReader> BillingReaders)
{
    public static ContractTerms Of(Agreement agreement, string? packageId)
    {
        ImmutableArray<Package> packages = [.. agreement.Packages.Where(p => packageId is null || p.PackageId == packageId)];
        return new(
            [.. agreement.Contacts.Where(c => c.IsPrimary && c.Role is Roles.CustomerSuccessAccountManager or Roles.IncidentManager)],
            packages,
            [.. agreement.BillingReaders.Where(r => packages.Any(p => p.BillingAccountId == r.BillingAccountId))]);
    }
}

/// <summary>How an agreement sets its workspaces up.</summary>
[GrainInterfaceType("EngageCenter.IContractedWorkspace"), Alias("EngageCenter.IContractedWorkspace")]
internal interface IContractedWorkspace : IGrainWithStringKey
{
    /// <summary>Sets the workspace up, or brings it to a newer version of its contract. Idempotent.</summary>
    [Alias("Provision")]
    Task<WorkspaceHeader> Provision(Actor actor, WorkspaceContract contract);

    /// <summary>Has each group that holds a role here be known in its tenant: one that an earlier release granted may not be.</summary>
    /// <exception cref="EngageCenter.Storage.StorageUnavailableException">Not all of them can be.</exception>
    [Alias("SayGroups")]
    Task SayGroups();

    /// <summary>The epoch of a stored policy without the group; null where the policy names it. Interleaves with commands.</summary>
    [Alias("LacksGroup"), Orleans.Concurrency.AlwaysInterleave]
    Task<long?> LacksGroup(Guid groupId);
}
