using CsCheck;
using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>
/// Sequences of operations by two holders of the same states, against a model that counts versions. The etags
/// themselves are opaque: what must agree is who conflicts, and what a reader sees.
/// </summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class StorageModelTests(BlobFixture fixture) : IClassFixture<BlobFixture>
{
    private const int States = 3;
    private const int Holders = 2;

    // The version of what is not there.
    private const int None = 0;

    private enum Kind
    {
        Read,
        Write,
        Clear,
    }

    private sealed record Step(Kind Kind, int Holder, int State, int Value);

    [Fact]
    public async Task Any_sequence_of_operations_agrees_with_a_model()
    {
        var step = Gen.Select(
            Gen.Enum<Kind>(), Gen.Int[0, Holders - 1], Gen.Int[0, States - 1], Gen.Int[0, 99],
            (kind, holder, state, value) => new Step(kind, holder, state, value));
        await step.Array[1, 40].SampleAsync(Agrees, iter: 40, threads: 2);
    }

    private async Task<bool> Agrees(Step[] steps)
    {
        var storage = fixture.Silo.Storage;
        var run = Guid.NewGuid().ToString("N");
        var versions = 0;
        var stored = new (int Version, int Value)[States];
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
                        stored[row] = (known[holder, row] = ++versions, value);
                    }

                    break;

                case Kind.Clear:
                    // To clear what is gone, or what one does not know of, is done or is a conflict, as provider and store have it.
                    var open = !current && (known[holder, row] == None || stored[row].Version == None);
                    var cleared = !await Conflicts(storage.ClearStateAsync("model", id, state));
                    if (cleared != current && !open)
                    {
                        return false;
                    }

                    if (cleared)
                    {
                        stored[row].Version = known[holder, row] = None;
                    }

                    break;
            }

            var seen = new GrainState<Note>();
            await storage.ReadStateAsync("model", id, seen);
            var exists = stored[row].Version != None;
            if (seen.RecordExists != exists || string.IsNullOrEmpty(seen.ETag) == exists
                || seen.State!.Count != (exists ? stored[row].Value : new Note().Count))
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
