using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>
/// Wraps the storage of any provider and reports, through <see cref="RefusedRows"/>, to which grain a refused row belongs.
/// </summary>
internal sealed class CheckedGrainStorage(IGrainStorage rows, RefusedRows refused) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <exception cref="StorageUnavailableException">The row is refused.</exception>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        try
        {
            await rows.ReadStateAsync(stateName, grainId, grainState, cancellationToken);
        }
        catch (Exception e) when (RefusalOf(e) is { } refusal)
        {
            throw refused.Report(grainId, stateName, refusal.Message);
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        rows.WriteStateAsync(stateName, grainId, grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        rows.WriteStateAsync(stateName, grainId, grainState, cancellationToken);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        rows.ClearStateAsync(stateName, grainId, grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        rows.ClearStateAsync(stateName, grainId, grainState, cancellationToken);

    public void Participate(ISiloLifecycle observer) => (rows as ILifecycleParticipant<ISiloLifecycle>)?.Participate(observer);

    private static RowRefusedException? RefusalOf(Exception? e)
    {
        while (e is not null and not RowRefusedException)
        {
            e = e.InnerException;
        }

        return (RowRefusedException?)e;
    }
}

internal static class CheckedStorageHosting
{
    /// <summary>Wraps every provider that is registered so far in a <see cref="CheckedGrainStorage"/>.</summary>
    public static ISiloBuilder CheckStoredRows(this ISiloBuilder silo)
    {
        var services = silo.Services;
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i] is { IsKeyedService: true } provider && provider.ServiceType == typeof(IGrainStorage))
            {
                services[i] = ServiceDescriptor.KeyedSingleton<IGrainStorage>(provider.ServiceKey, (host, key) => new CheckedGrainStorage(
                    Make(provider, host, key), host.GetRequiredService<RefusedRows>()));
            }
        }

        return silo;
    }

    private static IGrainStorage Make(ServiceDescriptor provider, IServiceProvider host, object? key) => (IGrainStorage)(
        provider.KeyedImplementationInstance
        ?? provider.KeyedImplementationFactory?.Invoke(host, key)
        ?? ActivatorUtilities.CreateInstance(host, provider.KeyedImplementationType!));
}
