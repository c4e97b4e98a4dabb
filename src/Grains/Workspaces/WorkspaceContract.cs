using System.Collections.Immutable;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;

namespace EngageCenter.Workspaces;

/// <summary>The agreement's content for one of its workspaces.</summary>
/// <param name="Version">The agreement's version. A workspace never goes back to an older one.</param>
/// <param name="Contacts">Each person once, with all contract roles.</param>
/// <param name="Terms">Null in a row of a release that did not have them, until the agreement updates it.</param>
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
    /// <summary>Whether the agreement knows that the workspace was stored. If its row is missing then, it is not set up again. Not stored.</summary>
    [Id(9), JsonIgnore]
    public bool WorkspaceWasStored { get; init; }
}

/// <summary>What the contract buys, who is responsible for it, and who may read the bill, for one workspace's packages.</summary>
/// <param name="Team">The primary Customer Success Account Managers and Incident Managers.</param>
/// <param name="Packages">All packages of the agreement, or the one that the workspace is for.</param>
/// <param name="BillingReaders">The readers of the packages' billing accounts.</param>
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

/// <summary>The calls by which an agreement sets up and updates its workspaces.</summary>
[GrainInterfaceType("EngageCenter.IContractedWorkspace"), Alias("EngageCenter.IContractedWorkspace")]
internal interface IContractedWorkspace : IGrainWithStringKey
{
    /// <summary>Sets up the workspace, or updates it to a newer version of its contract. Idempotent.</summary>
    [Alias("Provision")]
    Task<WorkspaceHeader> Provision(Actor actor, WorkspaceContract contract);

    /// <summary>Adds each group with a role here to the known groups of its tenant. Groups that an earlier release granted may be missing there.</summary>
    /// <exception cref="EngageCenter.Storage.StorageUnavailableException">Not all of them could be added.</exception>
    [Alias("SayGroups")]
    Task AddKnownGroups();

    /// <summary>Returns the epoch of a stored policy that does not name the group; null if the policy names it. Interleaves with commands.</summary>
    [Alias("LacksGroup"), Orleans.Concurrency.AlwaysInterleave]
    Task<long?> EpochIfGroupHasNoRoles(Guid groupId);
}
