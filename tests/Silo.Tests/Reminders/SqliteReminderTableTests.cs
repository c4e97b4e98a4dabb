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
    public async Task Reminders_survive_all_silos_of_the_file()
    {
        var id = GrainId.Create("schedule", "1");
        var etag = await (await Open("service")).UpsertRow(new ReminderEntry { GrainId = id, ReminderName = "run", Period = TimeSpan.FromDays(1) });
        await CloseAll();

        Assert.Equal(etag, (await (await Open("service")).ReadRow(id, "run"))!.ETag);
    }

    [Fact]
    public async Task SQLite_failure_is_an_exception_type_that_other_processes_know()
    {
        var table = await Open("service");
        var entry = new ReminderEntry { GrainId = GrainId.Create("schedule", "1"), ReminderName = "run", Period = TimeSpan.FromDays(1) };
        var etag = await table.UpsertRow(entry);
        folder.Execute("CREATE TRIGGER full BEFORE INSERT ON OrleansRemindersTable BEGIN SELECT RAISE(ABORT, 'no space'); END");

        var error = await Assert.ThrowsAsync<IOException>(() => table.UpsertRow(entry));

        Assert.Contains("no space", error.Message, StringComparison.Ordinal);
        Assert.Null(error.InnerException);
        Assert.Equal(etag, (await table.ReadRow(entry.GrainId, "run"))!.ETag);

        // The turn of the failed writer was returned.
        folder.Execute("DROP TRIGGER full");
        Assert.NotEqual(etag, await table.UpsertRow(entry));
    }

    // With reminders of many workspaces in the table, a silo's start or a call must not read all of them.
    [Theory]
    [InlineData("ReadReminderRowKey", "GrainId=? AND ReminderName=?")]
    [InlineData("ReadReminderRowsKey", "GrainId=?")]
    [InlineData("ReadRangeRows1Key", "GrainHash>? AND GrainHash<?")]
    [InlineData("ReadRangeRows2Key", "GrainHash>?", "GrainHash<?")]
    public async Task Reads_use_an_index(string query, params string[] searched)
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

        // Like the host, before it starts anything.
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
