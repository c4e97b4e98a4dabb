// Each test has a cluster of processes, and all of them measure: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
