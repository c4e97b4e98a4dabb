using System.Text.RegularExpressions;
using EngageCenter.Reminders;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Reminders;

public sealed partial class SqliteReminderTableTests : ReminderTableTests, IAsyncLifetime, IDisposable
{
    private readonly SqliteFolder folder = new();

    private readonly List<TestSilo> silos = [];

    [Fact]
    public async Task Reminders_outlive_all_silos_of_the_file()
    {
        var id = GrainId.Create("schedule", "1");
        var etag = await (await Open("service")).UpsertRow(new ReminderEntry { GrainId = id, ReminderName = "run", Period = TimeSpan.FromDays(1) });
        await CloseAll();

        Assert.Equal(etag, (await (await Open("service")).ReadRow(id, "run"))!.ETag);
    }

    [Fact]
    public async Task A_failure_of_SQLite_is_told_by_a_type_that_others_know()
    {
        var table = await Open("service");
        var entry = new ReminderEntry { GrainId = GrainId.Create("schedule", "1"), ReminderName = "run", Period = TimeSpan.FromDays(1) };
        var etag = await table.UpsertRow(entry);
        folder.Execute("CREATE TRIGGER full BEFORE INSERT ON OrleansRemindersTable BEGIN SELECT RAISE(ABORT, 'no space'); END");

        var error = await Assert.ThrowsAsync<IOException>(() => table.UpsertRow(entry));

        Assert.Contains("no space", error.Message, StringComparison.Ordinal);
        Assert.Null(error.InnerException);
        Assert.Equal(etag, (await table.ReadRow(entry.GrainId, "run"))!.ETag);

        // The writer's turn was given back.
        folder.Execute("DROP TRIGGER full");
        Assert.NotEqual(etag, await table.UpsertRow(entry));
    }

    // With the reminders of many workspaces there, neither a silo's start nor a call reads them all.
    [Theory]
    [InlineData("ReadReminderRowKey", "GrainId=? AND ReminderName=?")]
    [InlineData("ReadReminderRowsKey", "GrainId=?")]
    [InlineData("ReadRangeRows1Key", "GrainHash>? AND GrainHash<?")]
    [InlineData("ReadRangeRows2Key", "GrainHash>?", "GrainHash<?")]
    public async Task Reads_go_by_an_index(string query, params string[] searched)
    {
        await Open("service");

        var plan = folder.Query($"EXPLAIN QUERY PLAN {Parameter().Replace(SqliteSchema.Queries[query], "0")}", row => row.GetString(3));

        Assert.DoesNotContain(plan, step => step.StartsWith("SCAN", StringComparison.Ordinal));
        Assert.All(searched, terms => Assert.Contains(plan, step => step.EndsWith($"(ServiceId=? AND {terms})", StringComparison.Ordinal)));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => CloseAll();

    public void Dispose() => folder.Dispose();

    private protected override async Task<IReminderTable> Open(string serviceId)
    {
        var silo = TestSilo.Build(folder.File(), ("Orleans:ServiceId", serviceId));
        silos.Add(silo);

        // As the host does before it starts anything.
        silo.Services.GetRequiredService<SqliteFile>().Prepare();
        var table = silo.Services.GetRequiredService<IReminderTable>();
        await table.StartAsync();
        return table;
    }

    private async Task CloseAll()
    {
        foreach (var silo in silos)
        {
            silo.Services.GetRequiredService<SqliteFile>().Close();
            await silo.DisposeAsync();
        }

        silos.Clear();
    }

    [GeneratedRegex("@[A-Za-z0-9]+")]
    private static partial Regex Parameter();
}
