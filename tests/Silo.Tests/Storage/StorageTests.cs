using EngageCenter.Storage;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>Tests the storage on SQLite.</summary>
public sealed class StorageTests(SiloFixture fixture) : GrainStorageTests, IClassFixture<SiloFixture>
{
    private protected override IGrainStorage Storage => fixture.Silo.Storage;

    private protected override bool KeepsVersionAfterClear => true;

    private protected override async Task<(IGrainStorage Storage, IAsyncDisposable Silo)> StartSecond()
    {
        var silo = await TestSilo.Start(fixture.File);
        return (silo.Storage, silo);
    }

    [Fact]
    public async Task Keys_and_names_with_any_characters_and_lengths_are_different_states()
    {
        (string Name, GrainId Id)[] rows =
        [
            ("c", GrainId.Create("a/b", "c")), ("c", GrainId.Create("a", "b/c")), ("c", GrainId.Create("a%2Fb", "c")),
            ("b/c", GrainId.Create("a", "c")), ("c", GrainId.Create("a", "b+c")), ("c", GrainId.Create("a", "b")),
            ("c+b", GrainId.Create("a", "b")), ("c", GrainId.Create("other", "b")), ("C", GrainId.Create("a", "b")),
            ("справи-1", GrainId.Create("a", "b")), ("справи-10", GrainId.Create("a", "b")), ("", GrainId.Create("a", "b")),
            ("x`1[[y]]", GrainId.Create("a", "b")), ("x`1[[z]]", GrainId.Create("a", "b")), ("x", GrainId.Create("a", "b")),
            ("x`not a number", GrainId.Create("a", "b")), ("x%60", GrainId.Create("a", "b")), ("x`", GrainId.Create("a", "b")),
            (new string('n', 5_000), GrainId.Create("a", "b")), ("x", GrainId.Create("a", "a\\b")), ("x", GrainId.Create("a", "a\nb")),
            ("x", GrainId.Create("a", "'; DROP TABLE OrleansStorage; --")), ("x", GrainId.Create("a", new string('x', 10_000))),
            ("x", GrainId.Create("a", new string('x', 9_999))), ("x", GrainId.Create("a", "0")), ("x", GrainId.Create("a", $"{Guid.Empty:N}")), ("x", GrainId.Create("a", "-0")),
        ];

        for (var i = 0; i < rows.Length; i++)
        {
            await Storage.WriteStateAsync(rows[i].Name, rows[i].Id, new GrainState<Note>(new Note { Count = i }));
        }

        for (var i = 0; i < rows.Length; i++)
        {
            var read = new GrainState<Note>();
            await Storage.ReadStateAsync(rows[i].Name, rows[i].Id, read);
            Assert.Equal(i, read.State!.Count);
        }
    }

    [Fact]
    public async Task Thousand_grains_write_concurrently_and_none_fails()
    {
        var ids = Enumerable.Range(0, 1_000).Select(_ => NewId()).ToList();

        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (id, _) => await Write(id, new Note { Text = id.ToString() }));

        foreach (var id in ids)
        {
            Assert.Equal(id.ToString(), (await Read(id)).State!.Text);
        }
    }
}
