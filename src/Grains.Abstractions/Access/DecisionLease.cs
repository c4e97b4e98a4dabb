using EngageCenter.Users;

namespace EngageCenter.Access;

/// <summary>The right of a web node to decide by a decision again, for a while, without asking. See docs/understand/coherence.md.</summary>
/// <param name="For">For how long, from when the web node sent its request. At most <see cref="Longest"/>.</param>
/// <param name="KnownAt">
/// When what decided of the person's groups was known: the issue time of a token, or when the directory was asked. A token
/// that names its groups and was issued before is answered by the same decision.
/// </param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DecisionLease")]
public sealed record DecisionLease(
    [property: Id(0)] TimeSpan For,
    [property: Id(1)] DateTimeOffset KnownAt)
{
    /// <summary>
    /// No decision is lent for longer, whatever the lease of its policy: a silo that does not know what was lent before it
    /// knew the person waits for so long, and settings may differ from silo to silo.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
}

/// <summary>The decisions that a web node holds, as silos know it.</summary>
[GrainInterfaceType("EngageCenter.IDecisionHolder"), Alias("EngageCenter.IDecisionHolder")]
internal interface IDecisionHolder : IGrainObserver
{
    /// <summary>Gives up all decisions of a workspace, and those that are on their way here from requests sent before.</summary>
    [Alias("Recall"), Orleans.Concurrency.AlwaysInterleave]
    Task Recall(string workspaceId);

    /// <summary>The same for all decisions of a person.</summary>
    [Alias("RecallPerson"), Orleans.Concurrency.AlwaysInterleave]
    Task RecallPerson(PersonId person);
}
