using System.Globalization;
using System.Runtime.CompilerServices;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Directories.Simulation;

/// <summary>Storage: takes a row only on the version that was read, and is slow or fails, before or after it has taken it.</summary>
internal sealed class Rows(World world) : IGrainStorage, IStoredGrains, IServiceProvider
{
    private static readonly TimeSpan timeout = TimeSpan.FromSeconds(15);

    private readonly Dictionary<(string Name, GrainId Owner), (object State, long Version)> rows = [];

    /// <summary>When each row was written for the first time.</summary>
    public Dictionary<(string Name, GrainId Owner), TimeSpan> Created { get; } = [];

    /// <summary>Changes a row behind its owner's back, for a planted fault.</summary>
    public void Overwrite(string name, GrainId owner, Func<object, object> change)
    {
        if (rows.TryGetValue((name, owner), out var row))
        {
            rows[(name, owner)] = (change(row.State), row.Version);
        }
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (state, version) = await Operate(() => rows.GetValueOrDefault((stateName, grainId)));
        grainState.RecordExists = version > 0;
        grainState.ETag = version > 0 ? version.ToString(CultureInfo.InvariantCulture) : null!;
        if (version > 0)
        {
            grainState.State = (T)state;
        }
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (state, on) = ((object)grainState.State!, grainState.ETag);
        var version = await Operate(() =>
        {
            var now = rows.GetValueOrDefault((stateName, grainId)).Version;
            if (now != (on is null ? 0 : long.Parse(on, CultureInfo.InvariantCulture)))
            {
                throw new InconsistentStateException("The row is of another version.");
            }

            Created.TryAdd((stateName, grainId), world.Now);
            rows[(stateName, grainId)] = (state, now + 1);
            return now + 1;
        });
        grainState.ETag = version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    public async IAsyncEnumerable<string> Keys(string grainType, string stateName, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var key in await Operate(() => rows.Keys
            .Where(row => row.Name == stateName && row.Owner.Type.ToString() == grainType).Select(row => row.Owner.Key.ToString()!)
            .Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList()))
        {
            yield return key;
        }
    }

    object? IServiceProvider.GetService(Type serviceType) => serviceType == typeof(IStoredGrains) ? this : null;

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

    private Task<T> Operate<T>(Func<T> operate)
    {
        var (node, dice, fails) = (Node.Current, world.Dice, world.Weather.StorageFails);
        var done = new TaskCompletionSource<T>();
        world.After(timeout, node, () => done.TrySetException(new TimeoutException("Storage did not answer in time.")));
        if (dice.Chance(fails))
        {
            world.After(dice.Seconds(0.01, 0.5), node, () => done.TrySetException(new IOException("Storage failed.")));
            return done.Task;
        }

        world.After(Delay(), world.Outside, () =>
        {
            try
            {
                var result = operate();
                if (!dice.Chance(fails))
                {
                    world.After(Delay(), node, () => done.TrySetResult(result));
                }
            }
            catch (InconsistentStateException e)
            {
                world.After(Delay(), node, () => done.TrySetException(e));
            }
        });
        return done.Task;
    }

    private TimeSpan Delay() => world.Dice.Chance(world.Weather.StorageSlow) ? world.Dice.Seconds(0.3, 12) : world.Dice.Seconds(0.001, 0.02);
}

/// <summary>The persistent state of a grain. Overlapping writes are joined into one, like in Orleans.</summary>
internal sealed class StoredState<T>(Rows rows, string name, GrainId owner) : IPersistentState<T>
    where T : new()
{
    private readonly GrainState<T> state = new(new T());
    private Task? writing;
    private Task? next;

    public T State
    {
        get => state.State!;
        set => state.State = value;
    }

    public string Etag => state.ETag!;

    public bool RecordExists => state.RecordExists;

    public Task ReadStateAsync() => rows.ReadStateAsync(name, owner, state);

    public Task ClearStateAsync() => throw new NotSupportedException();

    public Task WriteStateAsync()
    {
        if (writing is { IsCompleted: false } before)
        {
            return next ??= After(before);
        }

        return writing = rows.WriteStateAsync(name, owner, state);
    }

    private async Task After(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        (writing, next) = (next, null);
        await rows.WriteStateAsync(name, owner, state);
    }
}
