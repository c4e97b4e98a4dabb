// Each test starts processes, and some measure them: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
