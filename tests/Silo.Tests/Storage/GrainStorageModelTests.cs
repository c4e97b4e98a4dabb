using CsCheck;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>
/// Runs sequences of operations by two holders of the same states against a model that counts versions. Etags are opaque:
/// model and storage must agree on conflicts, and on what a reader sees.
/// </summary>
public abstract class GrainStorageModelTests
{
    private const int States = 3;
    private const int Holders = 2;

    // The version of a state that does not exist.
    private const int None = 0;

    private enum Kind
    {
        Read,
        Write,
        Clear,
    }

    private protected abstract IGrainStorage Storage { get; }

    /// <summary>Whether a cleared state keeps a version.</summary>
    private protected abstract bool KeepsVersionAfterClear { get; }

    /// <summary>The number of sequences to try.</summary>
    private protected abstract int Sequences { get; }

    private sealed record Step(Kind Kind, int Holder, int State, int Value);

    [Fact]
    public async Task Every_sequence_of_operations_agrees_with_a_model()
    {
        var step = Gen.Select(
            Gen.Enum<Kind>(), Gen.Int[0, Holders - 1], Gen.Int[0, States - 1], Gen.Int[0, 99],
            (kind, holder, state, value) => new Step(kind, holder, state, value));
        await step.Array[1, 40].SampleAsync(Agrees, iter: Sequences, threads: 2);
    }

    private async Task<bool> Agrees(Step[] steps)
    {
        var run = Guid.NewGuid().ToString("N");
        var versions = 0;
        var stored = new (int Version, int? Value)[States];
        var known = new int[Holders, States];
        var held = new GrainState<Note>[Holders, States];
        for (var holder = 0; holder < Holders; holder++)
        {
            for (var state = 0; state < States; state++)
            {
                held[holder, state] = new GrainState<Note>(new Note());
            }
        }

        foreach (var (kind, holder, row, value) in steps)
        {
            var id = GrainId.Create("model", $"{run}/{row}");
            var state = held[holder, row];
            var current = known[holder, row] == stored[row].Version;
            switch (kind)
            {
                case Kind.Read:
                    await Storage.ReadStateAsync("model", id, state);
                    known[holder, row] = stored[row].Version;
                    break;

                case Kind.Write:
                    state.State = new Note { Count = value };
                    if (await Conflicts(Storage.WriteStateAsync("model", id, state)) == current)
                    {
                        return false;
                    }

                    if (current)
                    {
                        stored[row] = (known[holder, row] = ++versions, value);
                    }

                    break;

                case Kind.Clear:
                    var cleared = !await Conflicts(Storage.ClearStateAsync("model", id, state));
                    if (KeepsVersionAfterClear)
                    {
                        // A holder without a version reads first, and then clears the state. A row without content stays as
                        // it is.
                        var blind = known[holder, row] == None;
                        if (cleared != (current || blind))
                        {
                            return false;
                        }

                        if (cleared && stored[row].Version != None && (!blind || stored[row].Value is not null))
                        {
                            stored[row] = (++versions, null);
                        }

                        if (cleared)
                        {
                            known[holder, row] = stored[row].Version;
                        }
                    }
                    else
                    {
                        // Clearing a state that is gone, or that the holder has not seen, succeeds or conflicts, depending
                        // on provider and store.
                        var open = !current && (known[holder, row] == None || stored[row].Version == None);
                        if (cleared != current && !open)
                        {
                            return false;
                        }

                        if (cleared)
                        {
                            stored[row] = (None, null);
                            known[holder, row] = None;
                        }
                    }

                    break;
            }

            var seen = new GrainState<Note>();
            await Storage.ReadStateAsync("model", id, seen);
            var (version, content) = stored[row];
            if (seen.RecordExists != content is not null || string.IsNullOrEmpty(seen.ETag) != (version == None)
                || seen.State!.Count != (content ?? new Note().Count))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<bool> Conflicts(Task operation)
    {
        try
        {
            await operation;
            return false;
        }
        catch (InconsistentStateException)
        {
            return true;
        }
    }
}
