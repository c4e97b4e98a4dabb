namespace EngageCenter.Access.Simulation;

/// <summary>
/// What is built wrongly on purpose, to see that it is found. Always in the simulator's shells: the machines under
/// test have no switch for it, and are fed with what a faulty shell would feed them.
/// </summary>
internal enum Fault
{
    None,

    /// <summary>The change is stored before the leases are taken back.</summary>
    CommitBeforeRecall,

    /// <summary>A holder that does not answer a recall is not waited for.</summary>
    SilentHolderIgnored,

    /// <summary>A holder counts its lease from when the answer came.</summary>
    HolderCountsFromAnswer,

    /// <summary>A holder counts a lease by its own setting rather than its owner's.</summary>
    HolderCountsItsOwnLease,

    /// <summary>A new owner waits by its own settings rather than those of the owners before it.</summary>
    NewOwnerWaitsItsOwnTerms,

    /// <summary>A new owner does not wait for what the one before it granted.</summary>
    NewOwnerDoesNotWait,

    /// <summary>An owner goes on granting without asking storage whether it still is the owner.</summary>
    GrantWithoutAuthority,

    /// <summary>A grant that was on its way when its holder answered a recall is used.</summary>
    GrantSurvivesRecall,

    /// <summary>The late answer to an earlier recall is taken for the answer to this one.</summary>
    LateRecallAnswerCounts,

    /// <summary>An owner that may not change yet says in its record that no lease is out.</summary>
    ReleaseTooEarly,

    /// <summary>A token replaces the groups of a newer one.</summary>
    OlderTokenTaken,

    /// <summary>A grain that is asked to act looks at the epoch of its silo's copy, and not at the lease.</summary>
    ActByExpiredLease,

    /// <summary>A grain that is asked to act looks at the epoch of the decision, and not at its proof.</summary>
    MadeUpDecisionActedOn,

    /// <summary>A silo answers a recall before the web nodes that it has lent decisions to have answered theirs.</summary>
    SiloAnswersBeforeWebNodes,

    /// <summary>A web node counts what it was lent from when the answer came.</summary>
    WebNodeCountsFromAnswer,

    /// <summary>A decision that was on its way when its web node answered a recall is kept.</summary>
    DecisionSurvivesRecall,

    /// <summary>A web node's late answer to an earlier recall is taken for the answer to this one.</summary>
    LateWebAnswerCounts,

    /// <summary>A user grain decides by a sign-in that takes groups away while web nodes have decisions of an older one.</summary>
    NarrowerSignInDoesNotRecall,

    /// <summary>A new activation of a user grain does not wait for what the one before it lent.</summary>
    NewActivationDoesNotWait,
}
