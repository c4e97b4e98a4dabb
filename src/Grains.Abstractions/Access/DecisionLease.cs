using EngageCenter.Users;

namespace EngageCenter.Access;

/// <summary>The right of a web node to reuse a decision for a limited time. See docs/understand/coherence.md.</summary>
/// <param name="For">How long the decision may be used, counted from when the web node sent its request. At most <see cref="Longest"/>.</param>
/// <param name="KnownAt">
/// As of when the person's groups were known: the issue time of a token, or when the directory was asked. The decision also
/// answers every request whose token names its groups and was issued before this time.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DecisionLease")]
public sealed record DecisionLease(
    [property: Id(0)] TimeSpan For,
    [property: Id(1)] DateTimeOffset KnownAt)
{
    /// <summary>
    /// The longest time for which a decision is lent, however long the lease of its policy is. An activation of a user grain that
    /// does not know what an earlier one lent waits this long. So it is a constant: settings may differ from silo to silo.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
}

/// <summary>The decisions of a web node, as silos see them.</summary>
[GrainInterfaceType("EngageCenter.IDecisionHolder"), Alias("EngageCenter.IDecisionHolder")]
internal interface IDecisionHolder : IGrainObserver
{
    /// <summary>Gives up all decisions of a workspace, also those still on their way as answers to earlier requests.</summary>
    [Alias("Recall"), Orleans.Concurrency.AlwaysInterleave]
    Task Recall(string workspaceId);

    /// <summary>Gives up all decisions of a person, also those still on their way as answers to earlier requests.</summary>
    [Alias("RecallPerson"), Orleans.Concurrency.AlwaysInterleave]
    Task RecallPerson(PersonId person);
}
