using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Agreements;

/// <summary>
/// An Enterprise Support Agreement, and the workspaces that it brings into being. Keyed by the agreement's id:
/// 1 to 64 of <c>A-Z a-z 0-9 . _ ~ -</c>.
/// </summary>
[GrainInterfaceType("EngageCenter.IAgreementGrain"), Alias("EngageCenter.IAgreementGrain")]
public interface IAgreementGrain : IGrainWithStringKey
{
    /// <summary>
    /// Creates or updates the agreement and brings its workspaces in line: done when every one of them has the
    /// contacts of <paramref name="command"/>. Idempotent.
    /// </summary>
    /// <param name="actor">An application with <see cref="AppRoles.Agreements"/>.</param>
    [Alias("Put")]
    Task<PutAgreementOutcome> Put(Actor actor, PutAgreement command);

    /// <summary>Null where there is none.</summary>
    /// <param name="caller">An application with <see cref="AppRoles.Agreements"/>.</param>
    [Alias("Get")]
    Task<AgreementView?> Get(Actor caller);
}

/// <param name="Condition">Only if the agreement is still of this version.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutAgreement")]
public sealed record PutAgreement(
    [property: Id(0)] Agreement Agreement,
    [property: Id(1)] IfMatch? Condition);

public enum PutAgreementStatus
{
    Created,
    Updated,
    VersionMismatch,

    /// <summary>The agreement is another organization's: its groups hold rights in the workspaces.</summary>
    OrganizationFixed,

    /// <summary>The agreement is of another type: its workspaces were set up by it.</summary>
    AgreementTypeFixed,

    /// <summary>The update would leave the workspaces without any Customer Support Manager.</summary>
    LastAdministrator,

    /// <summary>A contact is already one in 5,000 workspaces.</summary>
    TooManyWorkspaces,

    /// <summary>8,192 tenants whose ids begin as that of a contact or reader does are named by agreements already.</summary>
    TooManyTenants,

    /// <summary>A new agreement without any Customer Support Manager: nobody could give roles in its workspaces.</summary>
    AdministratorRequired,

    /// <summary>The agreement would have more than 500 workspaces, those of packages that left it included.</summary>
    TooManyWorkspacesInAgreement,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.PutAgreementOutcome")]
public sealed record PutAgreementOutcome(
    [property: Id(0)] PutAgreementStatus Status,
    [property: Id(1)] AgreementView? Agreement = null);

/// <param name="Workspaces">None while the agreement is pending: they open on its start date.</param>
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
