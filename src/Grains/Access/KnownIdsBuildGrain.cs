using EngageCenter.Agreements;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>
/// Fills the sets of known ids after an upgrade: asks every stored agreement for the tenants and groups that it names. Keyed
/// <see cref="IKnownIdsBuild.Key"/>.
/// </summary>
/// <remarks>
/// Since this release an agreement reports its ids before it is stored. So the sets are complete once all earlier agreements
/// were asked and no silo of an earlier release runs. If the activation ends before that, the next one asks all agreements
/// again; a repeated report changes nothing.
/// </remarks>
[GrainType("known-ids-build")]
internal sealed partial class KnownIdsBuildGrain(
    [PersistentState("known-ids-build")] IPersistentState<BuiltIds> storage,
    IServiceProvider services,
    IClusterManifestProvider manifests,
    TimeProvider time,
    ILogger<KnownIdsBuildGrain> logger) : Grain, IKnownIdsBuild
{
    /// <summary>How many agreements are asked at the same time.</summary>
    private const int Parallel = 8;

    /// <summary>The pause between a failed attempt and the next one.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private static readonly GrainType knownIds = GrainType.Create("known-ids");
    private static readonly GrainType agreements = GrainType.Create("agreement");

    private Task<bool>? building;
    private long ended;
    private bool cannot;

    public Task<bool> IsDone()
    {
        if (!storage.State.IsDone)
        {
            Begin();
        }

        return Task.FromResult(storage.State.IsDone);
    }

    public async Task<bool> Build() => storage.State.IsDone || await Begin();

    private Task<bool> Begin()
    {
        if (building is null || (building.IsCompleted && !cannot && time.GetElapsedTime(ended) >= Pause))
        {
            building = Attempt();
        }

        return building;
    }

    private async Task<bool> Attempt()
    {
        try
        {
            return await GoThrough();
        }
        catch (Exception e)
        {
            LogNotBuilt(logger, e);
            return false;
        }
        finally
        {
            ended = time.GetTimestamp();
        }
    }

    private async Task<bool> GoThrough()
    {
        if (services.GetService<IStoredGrains>() is not { } stored)
        {
            // This cannot change while the silo runs, so it is logged once and not tried again.
            LogUnknown(logger);
            cannot = true;
            return false;
        }

        // A silo of an earlier release does not report the ids of agreements that it stores.
        if (!manifests.Current.Silos.Values.All(silo => silo.Grains.ContainsKey(knownIds)))
        {
            LogMixed(logger);
            return false;
        }

        var said = 0;
        var some = new List<Task>(Parallel);
        await foreach (var agreementId in stored.Keys(agreements.ToString()!, "agreement", "", CancellationToken.None))
        {
            some.Add(GrainFactory.GetGrain<INamingAgreement>(agreementId).AddKnownIds());
            said++;
            if (some.Count == Parallel)
            {
                await Task.WhenAll(some);
                some.Clear();
            }
        }

        await Task.WhenAll(some);
        await storage.Commit(this, new() { IsDone = true });
        LogBuilt(logger, said);
        return true;
    }

    [LoggerMessage(LogLevel.Information, "The sets of known tenants and groups are complete, after {Agreements} stored agreements: strangers are now recognized without a call to their grain")]
    private static partial void LogBuilt(ILogger logger, int agreements);

    [LoggerMessage(LogLevel.Warning, "Not every stored agreement could report the tenants and groups that it names; the silo tries again. Until then each call of a stranger costs a call to a grain")]
    private static partial void LogNotBuilt(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The grain storage cannot list the stored agreements, so each call of a stranger costs a call to a grain")]
    private static partial void LogUnknown(ILogger logger);

    [LoggerMessage(LogLevel.Information, "A silo of an earlier release is still running; the sets of known tenants and groups are built when it has left the cluster")]
    private static partial void LogMixed(ILogger logger);
}

[Alias("EngageCenter.BuiltIds")]
internal sealed record BuiltIds
{
    public bool IsDone { get; init; }
}
