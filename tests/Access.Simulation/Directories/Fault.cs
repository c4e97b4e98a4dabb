namespace EngageCenter.Directories.Simulation;

/// <summary>What is built wrongly on purpose, to see that it is found. Always around what ships, which has no switch for it.</summary>
internal enum Fault
{
    None,

    /// <summary>An answer about a person that breaks off passes for a whole one.</summary>
    PartialReadRemoves,

    /// <summary>What was answered about a person before is answered again, as of now.</summary>
    OlderObservationWins,

    /// <summary>A narrower observation is recorded while web nodes have decisions by what was known before.</summary>
    RecordedWithoutRecall,

    /// <summary>The directory does not tell changes any more, and whoever follows it goes on from now as if there had been none.</summary>
    ResyncMissesRemovals,

    /// <summary>Where the follower is in the changes is stored before those whom they concern were observed.</summary>
    PlaceStoredEarly,

    /// <summary>Whoever could not be observed counts as observed.</summary>
    FailedObservationCounts,

    /// <summary>A page of changes that breaks off is taken for the last one.</summary>
    PartialChangesCount,

    /// <summary>An account counts as enabled if the directory does not answer.</summary>
    SilenceUnblocks,
}
