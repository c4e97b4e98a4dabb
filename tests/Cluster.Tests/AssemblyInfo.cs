// Each test has its own cluster of processes, and all of them measure, so they run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
