using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>The service's own storage, which fails when a test says so.</summary>
internal sealed class FaultyStorage(IGrainStorage inner) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Returns whether a write of the row with this name fails.</summary>
    public Func<string, bool> FailsToWrite { get; set; } = _ => false;

    /// <summary>Returns whether a read of the row with this name fails.</summary>
    public Func<string, bool> FailsToRead { get; set; } = _ => false;

    /// <summary>Wraps the default storage.</summary>
    public static void Wrap(IServiceCollection services)
    {
        const string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
        var real = services.Last(d => d.ServiceType == typeof(IGrainStorage) && d.ServiceKey is string key && key == name);
        services.Remove(real);
        services.AddKeyedSingleton<IGrainStorage>(name, (provider, key) =>
            new FaultyStorage((IGrainStorage)real.KeyedImplementationFactory!(provider, key)));
    }

    public void Participate(ISiloLifecycle lifecycle) => (inner as ILifecycleParticipant<ISiloLifecycle>)?.Participate(lifecycle);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        FailsToRead(stateName) ? throw new IOException("The disk does not answer.") : inner.ReadStateAsync(stateName, grainId, grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        FailsToWrite(stateName) ? throw new IOException("The disk is full.") : inner.WriteStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        inner.ClearStateAsync(stateName, grainId, grainState);
}
