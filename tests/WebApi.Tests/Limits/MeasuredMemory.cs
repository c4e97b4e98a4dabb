using Xunit.Abstractions;

namespace EngageCenter.WebApi.Tests.Limits;

/// <summary>
/// The collection of tests that measure the memory of this process, so no other test may run at the same time.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredMemory
{
    public const string Name = nameof(MeasuredMemory);

    private static readonly TimeSpan bound = TimeSpan.FromSeconds(120);

    public static long Now() => GC.GetTotalMemory(forceFullCollection: true);

    /// <summary>
    /// Checks that each connection holds no more memory than the sizing of a node assumes. Pooled buffers are released
    /// within a minute after their use; what a connection holds is not.
    /// </summary>
    public static async Task HoldsAtMostAConnection(long before, int count, ITestOutputHelper output)
    {
        const int most = WebApiOptions.RequestBytes + WebApiOptions.ConnectionBytes;
        var each = long.MaxValue;
        await Until.True(() => Task.FromResult((each = (Now() - before) / count) <= most), bound, "the memory of pools is free again");
        output.WriteLine($"{each} bytes for each connection, with its client");
    }
}
