using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Agreements;

/// <summary>
/// An Enterprise Support Agreement, which creates its workspaces. Keyed by the agreement's id: 1 to 64 of
/// <c>A-Z a-z 0-9 . _ ~ -</c>.
/// </summary>
[GrainInterfaceType("EngageCenter.IAgreementGrain"), Alias("EngageCenter.IAgreementGrain")]
public interface IAgreementGrain : IGrainWithStringKey
{
    /// <summary>
    /// Creates or updates the agreement and its workspaces, and returns when each workspace has the contacts of
    /// <paramref name="command"/>. Idempotent.
    /// </summary>
    /// <param name="actor">An application with <see cref="AppRoles.Agreements"/>.</param>
    [Alias("Put")]
    Task<PutAgreementOutcome> Put(Actor actor, PutAgreement command);

    /// <summary>Returns the agreement, or null if there is none.</summary>
    /// <param name="caller">An application with <see cref="AppRoles.Agreements"/>.</param>
    [Alias("Get")]
    Task<AgreementView?> Get(Actor caller);
}

/// <param name="Condition">Puts only if the agreement still has this version.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutAgreement")]
public sealed record PutAgreement(
    [property: Id(0)] Agreement Agreement,
    [property: Id(1)] IfMatch? Condition);

public enum PutAgreementStatus
{
    Created,
    Updated,
    VersionMismatch,

    /// <summary>The agreement belongs to another organization, whose groups hold rights in the workspaces.</summary>
    OrganizationFixed,

    /// <summary>The agreement has another type, and its workspaces were set up by that type.</summary>
    AgreementTypeFixed,

    /// <summary>The update would leave the workspaces without a Customer Support Manager.</summary>
    LastAdministrator,

    /// <summary>A contact is already a contact in 5,000 workspaces.</summary>
    TooManyWorkspaces,

    /// <summary>Agreements already name 8,192 tenants whose ids start with the same byte as the tenant of a contact or reader.</summary>
    TooManyTenants,

    /// <summary>A new agreement has no Customer Support Manager, so nobody could grant roles in its workspaces.</summary>
    AdministratorRequired,

    /// <summary>The agreement would have more than 500 workspaces, including those of packages that left it.</summary>
    TooManyWorkspacesInAgreement,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.PutAgreementOutcome")]
public sealed record PutAgreementOutcome(
    [property: Id(0)] PutAgreementStatus Status,
    [property: Id(1)] AgreementView? Agreement = null);

/// <param name="Workspaces">Empty while the agreement is pending: the workspaces open on its start date.</param>
/// <param name="Version">Changes with the agreement; the source of its ETag.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AgreementView")]
public sealed record AgreementView(
    [property: Id(0)] string AgreementId,
    [property: Id(1)] Agreement Agreement,
    [property: Id(2)] AgreementStatus Status,
    [property: Id(3)] ImmutableArray<AgreementWorkspace> Workspaces,
    [property: Id(4)] long Version);

[GenerateSerializer, Immutable, Alias("EngageCenter.AgreementWorkspace")]
public sealed record AgreementWorkspace(
    [property: Id(0)] string WorkspaceId,
    [property: Id(1)] string Name);
