// Some of them measure: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
