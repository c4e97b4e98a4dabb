namespace EngageCenter.Access.Simulation;

/// <summary>
/// A fault that is planted on purpose, to see that it is found. Faults are only in the simulator's shells: the state machines
/// have no switch for them, and get what a faulty shell would give them.
/// </summary>
internal enum Fault
{
    None,

    /// <summary>The change is stored before the leases are recalled.</summary>
    CommitBeforeRecall,

    /// <summary>A change does not wait for a holder that does not answer a recall.</summary>
    SilentHolderIgnored,

    /// <summary>A holder counts its lease from when the answer came.</summary>
    HolderCountsFromAnswer,

    /// <summary>A holder counts a lease by its own setting instead of its owner's.</summary>
    HolderCountsItsOwnLease,

    /// <summary>A new owner waits by its own settings instead of those of earlier owners.</summary>
    NewOwnerWaitsItsOwnTerms,

    /// <summary>A new owner does not wait for leases of the earlier owner.</summary>
    NewOwnerDoesNotWait,

    /// <summary>An owner continues to grant without asking storage whether it is still the owner.</summary>
    GrantWithoutAuthority,

    /// <summary>A grant that was on its way when its holder answered a recall is used.</summary>
    GrantSurvivesRecall,

    /// <summary>The late answer to an earlier recall counts as the answer to the current one.</summary>
    LateRecallAnswerCounts,

    /// <summary>An owner that may not change yet marks its row as released.</summary>
    ReleaseTooEarly,

    /// <summary>A token replaces the groups of a newer one.</summary>
    OlderTokenTaken,

    /// <summary>A grain that is asked to act checks the epoch of its silo's copy, but not the lease.</summary>
    ActByExpiredLease,

    /// <summary>A grain that is asked to act checks the epoch of the decision, but not its proof.</summary>
    MadeUpDecisionActedOn,

    /// <summary>A silo answers a recall before the web nodes to which it has lent decisions have answered theirs.</summary>
    SiloAnswersBeforeWebNodes,

    /// <summary>A web node counts a lent decision from when the answer came.</summary>
    WebNodeCountsFromAnswer,

    /// <summary>A decision that was on its way when its web node answered a recall is kept.</summary>
    DecisionSurvivesRecall,

    /// <summary>A web node's late answer to an earlier recall counts as the answer to the current one.</summary>
    LateWebAnswerCounts,

    /// <summary>A user grain decides by a sign-in that takes groups away while web nodes have decisions of an older sign-in.</summary>
    NarrowerSignInDoesNotRecall,

    /// <summary>A new activation of a user grain does not wait for decisions that the earlier one lent.</summary>
    NewActivationDoesNotWait,
}
