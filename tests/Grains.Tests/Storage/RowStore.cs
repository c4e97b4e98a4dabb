using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace EngageCenter.Storage;

internal enum RowOperation
{
    Read,
    Write,
    Clear,
}

/// <summary>The fate of an operation: it happens, it fails, or it happens and only the answer is lost.</summary>
internal enum RowFate
{
    Happens,
    Fails,
    AnswerIsLost,
}

/// <summary>
/// A storage in memory with ETags. It counts, and fails when a test says so. Like the strictest providers, it refuses a write
/// without an ETag if there is a row. Like the laxest ones, it keeps a cleared row that says that it exists.
/// </summary>
internal sealed class RowStore : IGrainStorage
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Name, GrainId Owner), (byte[]? Payload, int Version)> rows;

    public RowStore()
    {
        rows = [];
    }

    private RowStore(RowStore other)
    {
        rows = new(other.rows);
        LeavesClearedRows = other.LeavesClearedRows;
    }

    /// <summary>What logs of this storage report refused rows to. The exception that it returns says which row and why.</summary>
    public static RefusedRows Refused { get; } =
        ActivatorUtilities.CreateInstance<RefusedRows>(new ServiceCollection().AddLogging().AddMetrics().BuildServiceProvider());

    public bool LeavesClearedRows { get; init; }

    /// <summary>Called before each operation, to decide its fate.</summary>
    public Func<RowOperation, string, RowFate> Fate { get; set; } = (_, _) => RowFate.Happens;

    /// <summary>Awaited before each operation. A test can hold an operation here.</summary>
    public Func<RowOperation, string, Task> Begins { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called after each operation that happened.</summary>
    public Action<RowOperation> Happened { get; set; } = _ => { };

    public int Reads { get; private set; }

    public int Writes { get; private set; }

    public int Clears { get; private set; }

    public long BytesWritten { get; private set; }

    public int GreatestRow { get; private set; }

    public int Rows => rows.Values.Count(row => row.Payload is not null);

    public long Bytes => rows.Values.Sum(row => row.Payload?.LongLength ?? 0);

    public RowStore Copy()
    {
        lock (gate)
        {
            return new(this);
        }
    }

    /// <summary>Changes a row to what another release or another activation might have stored.</summary>
    /// <param name="asAnother">Whether the change makes the knowledge of activations outdated. If not, no activation may know the row.</param>
    public void Change(string stateName, GrainId grainId, Action<JsonObject> change, bool asAnother = false)
    {
        lock (gate)
        {
            var (payload, version) = rows[(stateName, grainId)];
            var state = JsonNode.Parse(payload!)!.AsObject();
            // Rows of earlier releases have no version, and may lack later members.
            state.Remove(RowFormat.VersionMember);
            change(state);
            rows[(stateName, grainId)] = (JsonSerializer.SerializeToUtf8Bytes(state), asAnother ? version + 1 : version);
        }
    }

    /// <summary>Returns the stored row; null if there is none.</summary>
    public JsonObject? Row(string stateName, GrainId grainId)
    {
        lock (gate)
        {
            return rows.TryGetValue((stateName, grainId), out var row) && row.Payload is not null ? JsonNode.Parse(row.Payload)!.AsObject() : null;
        }
    }

    /// <summary>Removes every row with a name, as if nobody had ever written one. No activation may know any.</summary>
    public void Drop(string stateName)
    {
        lock (gate)
        {
            foreach (var row in rows.Keys.Where(key => key.Name == stateName).ToList())
            {
                rows.Remove(row);
            }
        }
    }

    /// <summary>Restores a row from an earlier copy. No activation may know the row.</summary>
    public void Restore(string stateName, RowStore earlier)
    {
        lock (gate)
        {
            foreach (var (key, row) in earlier.rows.Where(row => row.Key.Name == stateName))
            {
                rows[key] = row;
            }
        }
    }

    public IReadOnlyList<string> Keys(string grainType, string stateName)
    {
        lock (gate)
        {
            return [.. rows.Keys.Where(key => key.Name == stateName && key.Owner.Type.ToString() == grainType).Select(key => key.Owner.Key.ToString()!)];
        }
    }

    public void StartCounting() => (Reads, Writes, Clears, BytesWritten, GreatestRow) = (0, 0, 0, 0, 0);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Do(RowOperation.Read, stateName, () =>
        {
            Reads++;
            var exists = rows.TryGetValue((stateName, grainId), out var row);
            grainState.State = row.Payload is null ? Activator.CreateInstance<T>() : RowFormat.Read<T>(row.Payload);
            grainState.ETag = exists ? $"{row.Version}" : null!;
            grainState.RecordExists = exists;
        });

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Do(RowOperation.Write, stateName, () =>
        {
            var payload = RowFormat.Write(grainState.State).ToArray();
            var version = NextVersion(stateName, grainId, grainState.ETag);
            Writes++;
            BytesWritten += payload.Length;
            GreatestRow = Math.Max(GreatestRow, payload.Length);
            rows[(stateName, grainId)] = (payload, version);
            grainState.ETag = $"{version}";
            grainState.RecordExists = true;
        });

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Do(RowOperation.Clear, stateName, () =>
        {
            var version = NextVersion(stateName, grainId, grainState.ETag);
            Clears++;
            if (LeavesClearedRows)
            {
                rows[(stateName, grainId)] = (null, version);
            }
            else
            {
                rows.Remove((stateName, grainId));
            }

            grainState.State = Activator.CreateInstance<T>();
            grainState.ETag = LeavesClearedRows ? $"{version}" : null!;
            grainState.RecordExists = false;
        });

    private int NextVersion(string stateName, GrainId grainId, string? etag)
    {
        var current = rows.TryGetValue((stateName, grainId), out var row) ? $"{row.Version}" : null;
        return current == etag
            ? row.Version + 1
            : throw new InconsistentStateException($"{stateName} has another version.", current!, etag!);
    }

    private async Task Do(RowOperation operation, string stateName, Action action)
    {
        await Begins(operation, stateName);
        var fate = Fate(operation, stateName);
        if (fate == RowFate.Fails)
        {
            throw new IOException($"{operation} of {stateName} fails.");
        }

        lock (gate)
        {
            action();
        }

        Happened(operation);
        if (fate == RowFate.AnswerIsLost)
        {
            throw new IOException($"The answer to {operation} of {stateName} is lost.");
        }
    }
}
