// Some tests measure, so they run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
