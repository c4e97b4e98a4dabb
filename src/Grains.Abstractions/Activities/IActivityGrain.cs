using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Workspaces;

namespace EngageCenter.Activities;

/// <summary>The customer activity of a workspace, and the proof of execution that is computed from it. Keyed by the workspace's id.</summary>
/// <remarks>
/// A person's call carries the <see cref="AccessDecision"/> of their user grain. If its epoch is not the workspace's own,
/// the answer is null and the caller decides again.
/// </remarks>
[GrainInterfaceType("EngageCenter.IActivityGrain"), Alias("EngageCenter.IActivityGrain")]
public interface IActivityGrain : IGrainWithStringKey
{
    /// <summary>Creates or replaces an activity, and returns when it is stored. Idempotent; of several writers the last one accepted wins.</summary>
    /// <param name="caller">An application with <see cref="AppRoles.CustomerActivity"/>.</param>
    [Alias("Put")]
    Task<PutActivityOutcome> Put(PutActivity command, Actor caller);

    /// <summary>Returns an activity's version, for the condition of a <see cref="Put"/>; null if there is no such activity.</summary>
    /// <param name="caller">An application with <see cref="AppRoles.CustomerActivity"/>.</param>
    [Alias("Version")]
    Task<long?> Version(string activityId, Actor caller);

    /// <summary>Returns one activity: a page with one item, or an empty one if it does not exist. Needs ViewCustomerActivity.</summary>
    [Alias("Activity")]
    Task<Page<ActivityView>?> Activity(AccessDecision decision, string activityId);

    /// <summary>Returns a page of activities, in the ordinal order of their ids. Needs ViewCustomerActivity.</summary>
    [Alias("Activities")]
    Task<Page<CustomerActivity>?> Activities(AccessDecision decision, ActivityQuery query, CancellationToken cancellation = default);

    /// <summary>Returns the proof of execution by the contract of the decision's epoch. Needs ViewCustomerActivity.</summary>
    [Alias("ProofOfExecution")]
    Task<ProofOfExecution?> ProofOfExecution(AccessDecision decision);
}

/// <param name="Condition">Puts only if the activity still has this version.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.PutActivity")]
public sealed record PutActivity(
    [property: Id(0)] CustomerActivity Activity,
    [property: Id(1)] IfMatch? Condition);

public enum PutActivityStatus
{
    Created,

    /// <summary>Also if nothing had to change.</summary>
    Updated,
    WorkspaceNotFound,
    VersionMismatch,

    /// <summary>The workspace has no such package, and the activity did not belong to it before.</summary>
    UnknownPackage,

    /// <summary>The workspace has <see cref="CustomerActivity.MaxPerWorkspace"/> activities.</summary>
    TooManyActivities,
}

[GenerateSerializer, Immutable, Alias("EngageCenter.PutActivityOutcome")]
public sealed record PutActivityOutcome(
    [property: Id(0)] PutActivityStatus Status,
    [property: Id(1)] ActivityView? Activity = null);

/// <summary>Selects the activities that match all conditions. An activity's date is when it was delivered, otherwise when it is planned.</summary>
/// <param name="From">Dated at or after this. With this or <paramref name="To"/>, an activity without a date does not match.</param>
/// <param name="To">Dated before this.</param>
/// <param name="Count">Whether the page needs the total; an export does not.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ActivityQuery")]
public sealed record ActivityQuery(
    [property: Id(0)] ActivityKind? Kind,
    [property: Id(1)] ActivityStatus? Status,
    [property: Id(2)] string? PackageId,
    [property: Id(3)] DateTimeOffset? From,
    [property: Id(4)] DateTimeOffset? To,
    [property: Id(5)] PageRequest Page,
    [property: Id(6)] bool Count = true);
