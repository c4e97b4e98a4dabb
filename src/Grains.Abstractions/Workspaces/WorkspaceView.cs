using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Paging;

namespace EngageCenter.Workspaces;

/// <summary>The basic data of a workspace, without its content.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.WorkspaceHeader")]
public sealed record WorkspaceHeader(
    [property: Id(0)] string WorkspaceId,
    [property: Id(1)] string Name,
    [property: Id(2)] string DefaultName,
    [property: Id(3)] string AgreementId,
    [property: Id(4)] AgreementType AgreementType,
    [property: Id(5)] DateOnly StartDate,
    [property: Id(6)] DateOnly EndDate,
    [property: Id(7)] DateTimeOffset CreatedAt)
{
    public const int MaxNameLength = 100;

    /// <summary>Whether the text has the form of a workspace's id: 32 lower-case hexadecimal digits.</summary>
    public static bool IsId([NotNullWhen(true)] string? workspaceId) =>
        workspaceId is { Length: 32 } && workspaceId.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');
}

/// <param name="Version">Changes with everything that the view shows; the source of its ETag.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.WorkspaceView")]
public sealed record WorkspaceView(
    [property: Id(0)] WorkspaceHeader Header,
    [property: Id(1)] AgreementStatus Status,
    [property: Id(2)] long Version);

/// <param name="Name">1 to 100 characters, trimmed, without control characters.</param>
/// <param name="Condition">Renames only if the workspace still has this version.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.RenameWorkspace")]
public sealed record RenameWorkspace(
    [property: Id(0)] string Name,
    [property: Id(1)] IfMatch? Condition);

public enum RenameStatus
{
    Renamed,
    DecideAgain,
    VersionMismatch,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.RenameOutcome")]
public sealed record RenameOutcome(
    [property: Id(0)] RenameStatus Status,
    [property: Id(1)] WorkspaceView? Workspace = null);

/// <summary>Who did something: a person, or an application with its app role.</summary>
/// <param name="Id">The object id in the tenant.</param>
/// <param name="AppRole">The app role that lets the application call, one of <see cref="AppRoles"/>; null for a person.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Actor")]
public sealed record Actor(
    [property: Id(0)] ActorKind Kind,
    [property: Id(1)] Guid TenantId,
    [property: Id(2)] string Id,
    [property: Id(3)] string? DisplayName,
    [property: Id(4), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AppRole = null);

public enum ActorKind
{
    User,
    Application,
}

public enum AuditAction
{
    WorkspaceCreated,
    WorkspaceRenamed,
    ContractChanged,
    GroupGranted,
    GroupChanged,
    GroupRevoked,
}

/// <summary>One change to a workspace, with the values before and after it, by name.</summary>
/// <param name="Sequence">Counts from 1 in each workspace, without gaps.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AuditEvent")]
public sealed record AuditEvent(
    [property: Id(0)] long Sequence,
    [property: Id(1)] DateTimeOffset OccurredAt,
    [property: Id(2)] Actor Actor,
    [property: Id(3)] AuditAction Action,
    [property: Id(4)] AuditTarget Target,
    [property: Id(5)] ImmutableSortedDictionary<string, ImmutableArray<string>>? Before,
    [property: Id(6)] ImmutableSortedDictionary<string, ImmutableArray<string>>? After);

public enum AuditTargetKind
{
    Workspace,
    Group,
    Agreement,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.AuditTarget")]
public sealed record AuditTarget(
    [property: Id(0)] AuditTargetKind Kind,
    [property: Id(1)] string Id,
    [property: Id(2)] string? DisplayName);
