using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EngageCenter;

/// <summary>What the grains need of their silo.</summary>
public static class GrainsHosting
{
    /// <summary>How long a silo's start waits for <see cref="IKnownIdsBuild"/>.</summary>
    private static readonly TimeSpan BuildPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds what the grains share in a silo. The silo brings a grain storage as its default, whose writes are
    /// conditional (ETag), and a reminder service.
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

        // A new store, or a small one, is gone through before anybody comes. Where it takes longer or cannot be done now, it
        // goes on by itself, says so in the log, and who comes meanwhile is asked for as before.
        silo.AddStartupTask(async (services, stopping) =>
        {
            // So that its counters are there, with 0, before anybody asks a directory.
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
