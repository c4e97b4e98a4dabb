// Each test starts processes, and some measure them, so they run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
