using Xunit.Abstractions;

namespace EngageCenter.WebApi.Tests.Limits;

/// <summary>Tests that measure what this process takes, so that none of the others may run at the same time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredMemory
{
    public const string Name = nameof(MeasuredMemory);

    private static readonly TimeSpan bound = TimeSpan.FromSeconds(120);

    public static long Now() => GC.GetTotalMemory(forceFullCollection: true);

    /// <summary>
    /// Each of so many connections holds no more than the sizes of a node count for it. Buffers that pools keep for a while
    /// after their use go away within a minute, what a connection holds does not.
    /// </summary>
    public static async Task HoldsAtMostAConnection(long before, int count, ITestOutputHelper output)
    {
        const int most = WebApiOptions.RequestBytes + WebApiOptions.ConnectionBytes;
        var each = long.MaxValue;
        await Until.True(() => Task.FromResult((each = (Now() - before) / count) <= most), bound, "the memory of pools is free again");
        output.WriteLine($"{each} bytes for each connection, with its client");
    }
}
