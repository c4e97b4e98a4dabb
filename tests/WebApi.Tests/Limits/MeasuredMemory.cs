namespace EngageCenter.WebApi.Tests.Limits;

/// <summary>Tests that measure what this process takes, so that none of the others may run at the same time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredMemory
{
    public const string Name = nameof(MeasuredMemory);
}
