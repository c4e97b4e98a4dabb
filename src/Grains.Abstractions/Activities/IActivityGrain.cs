using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Activities;

/// <summary>The customer activity of a workspace, and the proof of execution that comes of it. Keyed by the workspace's id.</summary>
/// <remarks>
/// What a person asks comes with the <see cref="AccessDecision"/> of their user grain. One of another epoch than the
/// workspace's own is answered by null: decide again.
/// </remarks>
[GrainInterfaceType("EngageCenter.IActivityGrain"), Alias("EngageCenter.IActivityGrain")]
public interface IActivityGrain : IGrainWithStringKey
{
    /// <summary>Creates or replaces an activity: done when it is stored. Idempotent; of several writers the last one accepted wins.</summary>
    /// <param name="caller">An application with <see cref="AppRoles.CustomerActivity"/>.</param>
    [Alias("Put")]
    Task<PutActivityOutcome> Put(PutActivity command, Actor caller);

    /// <summary>An activity's version, for the condition of a <see cref="Put"/>; null where there is no such activity.</summary>
    /// <param name="caller">An application with <see cref="AppRoles.CustomerActivity"/>.</param>
    [Alias("Version")]
    Task<long?> Version(string activityId, Actor caller);

    /// <summary>Needs ViewCustomerActivity. A page of one or none.</summary>
    [Alias("Activity")]
    Task<Page<ActivityView>?> Activity(AccessDecision decision, string activityId);

    /// <summary>Needs ViewCustomerActivity. By activity id (ordinal).</summary>
    [Alias("Activities")]
    Task<Page<CustomerActivity>?> Activities(AccessDecision decision, ActivityQuery query, CancellationToken cancellation = default);

    /// <summary>Needs ViewCustomerActivity. Of the contract that the decision's own epoch has.</summary>
    [Alias("ProofOfExecution")]
    Task<ProofOfExecution?> ProofOfExecution(AccessDecision decision);
}

/// <param name="Condition">Only if the activity is still of this version.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutActivity")]
public sealed record PutActivity(
    [property: Id(0)] CustomerActivity Activity,
    [property: Id(1)] IfMatch? Condition);

public enum PutActivityStatus
{
    Created,

    /// <summary>Also where there was nothing to change.</summary>
    Updated,
    WorkspaceNotFound,
    VersionMismatch,

    /// <summary>The workspace has no such package, and the activity was of another one or none before.</summary>
    UnknownPackage,

    /// <summary>The workspace has <see cref="CustomerActivity.MaxPerWorkspace"/> of them.</summary>
    TooManyActivities,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.PutActivityOutcome")]
public sealed record PutActivityOutcome(
    [property: Id(0)] PutActivityStatus Status,
    [property: Id(1)] ActivityView? Activity = null);

/// <summary>Only those that all of it matches. An activity's date is when it was delivered, else when it is planned.</summary>
/// <param name="From">Dated at or after. Where this or <paramref name="To"/> is asked, what has no date does not match.</param>
/// <param name="To">Dated before.</param>
/// <param name="Count">Whether the page needs the total; an export does without.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ActivityQuery")]
public sealed record ActivityQuery(
    [property: Id(0)] ActivityKind? Kind,
    [property: Id(1)] ActivityStatus? Status,
    [property: Id(2)] string? PackageId,
    [property: Id(3)] DateTimeOffset? From,
    [property: Id(4)] DateTimeOffset? To,
    [property: Id(5)] PageRequest Page,
    [property: Id(6)] bool Count = true);
