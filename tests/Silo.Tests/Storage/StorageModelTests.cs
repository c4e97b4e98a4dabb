using CsCheck;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>
/// Sequences of operations by two holders of the same rows, against a model that is a dictionary of versions. The
/// etags themselves are opaque: what must agree is who conflicts, and what a reader sees.
/// </summary>
public sealed class StorageModelTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    private const int Rows = 3;
    private const int Holders = 2;

    private enum Kind
    {
        Read,
        Write,
        Clear,
    }

    private sealed record Step(Kind Kind, int Holder, int Row, int Value);

    [Fact]
    public async Task Any_sequence_of_operations_agrees_with_a_model()
    {
        var step = Gen.Select(
            Gen.Enum<Kind>(), Gen.Int[0, Holders - 1], Gen.Int[0, Rows - 1], Gen.Int[0, 99],
            (kind, holder, row, value) => new Step(kind, holder, row, value));
        await step.Array[1, 40].SampleAsync(Agrees, iter: 100, threads: 2);
    }

    private async Task<bool> Agrees(Step[] steps)
    {
        var storage = fixture.Silo.Storage;
        var run = Guid.NewGuid().ToString("N");
        var stored = new (int Version, int? Value)[Rows];
        var known = new int[Holders, Rows];
        var held = new GrainState<Note>[Holders, Rows];
        for (var holder = 0; holder < Holders; holder++)
        {
            for (var row = 0; row < Rows; row++)
            {
                held[holder, row] = new GrainState<Note>(new Note());
            }
        }

        foreach (var (kind, holder, row, value) in steps)
        {
            var state = held[holder, row];
            var id = GrainId.Create("model", $"{run}/{row}");
            var current = known[holder, row] == stored[row].Version;
            switch (kind)
            {
                case Kind.Read:
                    await storage.ReadStateAsync("model", id, state);
                    known[holder, row] = stored[row].Version;
                    break;

                case Kind.Write:
                    state.State = new Note { Count = value };
                    if (await Conflicts(storage.WriteStateAsync("model", id, state)) == current)
                    {
                        return false;
                    }

                    if (current)
                    {
                        stored[row] = (stored[row].Version + 1, value);
                        known[holder, row]++;
                    }

                    break;

                case Kind.Clear:
                    // Whoever holds no version reads first, and clears what is there; a row without content stays as it is.
                    var blind = known[holder, row] == 0;
                    if (await Conflicts(storage.ClearStateAsync("model", id, state)) == (current || blind))
                    {
                        return false;
                    }

                    if (blind)
                    {
                        known[holder, row] = stored[row].Version;
                    }

                    if ((current || blind) && stored[row].Version > 0 && (!blind || stored[row].Value is not null))
                    {
                        stored[row] = (stored[row].Version + 1, null);
                        known[holder, row] = stored[row].Version;
                    }

                    break;
            }

            var seen = new GrainState<Note>();
            await storage.ReadStateAsync("model", id, seen);
            if (seen.RecordExists != stored[row].Value is not null || seen.State!.Count != (stored[row].Value ?? new Note().Count))
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
