namespace EngageCenter.Directories.Simulation;

/// <summary>A fault that is planted on purpose, to see that it is found. Faults are only around the shipped code, which has no switch for them.</summary>
internal enum Fault
{
    None,

    /// <summary>An incomplete answer about a person counts as complete.</summary>
    PartialReadRemoves,

    /// <summary>The directory repeats its earlier answer about a person as if it were new.</summary>
    OlderObservationWins,

    /// <summary>An observation that takes groups away is stored while web nodes still have decisions by the earlier groups.</summary>
    RecordedWithoutRecall,

    /// <summary>The directory has forgotten its changes, and the follower continues as if there had been none.</summary>
    ResyncMissesRemovals,

    /// <summary>The follower stores its place in the changes before it has asked about the people whom they concern.</summary>
    PlaceStoredEarly,

    /// <summary>A failed question about a person counts as answered.</summary>
    FailedObservationCounts,

    /// <summary>An incomplete page of changes counts as the last page.</summary>
    PartialChangesCount,

    /// <summary>The follower is not told of people who came for the first time.</summary>
    NewcomersNotTold,

    /// <summary>An account counts as enabled if the directory does not answer.</summary>
    SilenceUnblocks,
}
