using EngageCenter.Agreements;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>
/// Has every agreement of an earlier release say which tenants and groups it knows. Keyed <see cref="IKnownIdsBuild.Key"/>.
/// </summary>
/// <remarks>
/// What is stored from this release on says so itself, before it is acknowledged. So the sets are complete once all that was
/// stored before has been gone through, and no silo of an earlier release is there any more. Should the activation end in
/// between, the next one goes through all of it again: to say it twice changes nothing.
/// </remarks>
[GrainType("known-ids-build")]
internal sealed partial class KnownIdsBuildGrain(
    [PersistentState("known-ids-build")] IPersistentState<BuiltIds> storage,
    IServiceProvider services,
    IClusterManifestProvider manifests,
    TimeProvider time,
    ILogger<KnownIdsBuildGrain> logger) : Grain, IKnownIdsBuild
{
    /// <summary>Agreements that are gone through at once.</summary>
    private const int Parallel = 8;

    /// <summary>From an attempt that did not succeed to the next.</summary>
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
            // It will not come to be: said once.
            LogUnknown(logger);
            cannot = true;
            return false;
        }

        // One of an earlier release would not say what it stores from now on.
        if (!manifests.Current.Silos.Values.All(silo => silo.Grains.ContainsKey(knownIds)))
        {
            LogMixed(logger);
            return false;
        }

        var said = 0;
        var some = new List<Task>(Parallel);
        await foreach (var agreementId in stored.Keys(agreements.ToString()!, "agreement", CancellationToken.None))
        {
            some.Add(GrainFactory.GetGrain<INamingAgreement>(agreementId).SayNames());
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

    [LoggerMessage(LogLevel.Information, "Tenants and groups are known from {Agreements} stored agreements: strangers are told from them without asking")]
    private static partial void LogBuilt(ILogger logger, int agreements);

    [LoggerMessage(LogLevel.Warning, "Not every stored agreement could say which tenants and groups it names; it is tried again. Until then strangers cost more")]
    private static partial void LogNotBuilt(ILogger logger, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The grain storage cannot say which agreements it holds, so strangers cannot be told from members without asking")]
    private static partial void LogUnknown(ILogger logger);

    [LoggerMessage(LogLevel.Information, "A silo of an earlier release is there; tenants and groups are gone through once it has left")]
    private static partial void LogMixed(ILogger logger);
}

[Alias("EngageCenter.BuiltIds")]
internal sealed record BuiltIds
{
    public bool IsDone { get; init; }
}
