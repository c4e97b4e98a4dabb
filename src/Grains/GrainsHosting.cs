using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EngageCenter;

/// <summary>Registers what the grains need in their silo.</summary>
public static class GrainsHosting
{
    /// <summary>How long the start of a silo waits for <see cref="IKnownIdsBuild"/>.</summary>
    private static readonly TimeSpan BuildPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds the services that the grains share in a silo. The silo must provide a default grain storage with conditional writes
    /// (ETag), and a reminder service.
    /// </summary>
    public static ISiloBuilder AddEngageCenterGrains(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.AddMetrics();
        silo.Services.TryAddSingleton<AccessMetrics>();
        silo.Services.AddSingleton<PolicyCache>();
        silo.Services.AddSingleton<WaitingSilos>();
        silo.Services.AddSingleton<DecisionLending>();
        silo.Services.AddSingleton<DecisionProofs>();
        silo.Services.AddSingleton<ListEras>();
        silo.Services.AddSingleton<GroupLists>();
        silo.Services.AddSingleton<Scans>();
        silo.Services.AddSingleton<DirectoryMetrics>();
        silo.Services.AddSingleton<DirectoryCallers>();
        silo.Services.AddSingleton<DirectoryFollowers>();
        silo.Services.TryAddSingleton<IDirectory, NoDirectory>();
        silo.Services.TryAddSingleton<RefusedRows>();
        silo.AddIncomingGrainCallFilter<SiloCalls>();
        silo.Services.TryAddSingleton<KnownIdsCache>();

        // An empty or small store is finished before the first request. If it takes longer or fails now, the build goes on by
        // itself and writes a log; meanwhile every id is asked for as before.
        silo.AddStartupTask(async (services, stopping) =>
        {
            // Created here so that its counters exist, with 0, before a directory is asked.
            services.GetRequiredService<DirectoryMetrics>();

            Task build = services.GetRequiredService<IGrainFactory>().GetGrain<IKnownIdsBuild>(IKnownIdsBuild.Key).Build();
            await build.WaitAsync(BuildPatience, services.GetRequiredService<TimeProvider>(), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        silo.Services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(o => o.IsInRange, "Access: Lease is from 1 s to 1 min, Authority from 1 s to 5 min, Patience from Lease to less than 30 s.")
            .ValidateOnStart();
        silo.Services.AddOptions<AssessmentOptions>().BindConfiguration(AssessmentOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(o => o.IsInRange, "Assessments: RunTimeout is from 1 h to 30 d, FirstRunAfter from 1 s to 1 d.")
            .ValidateOnStart();
        return silo;
    }
}
