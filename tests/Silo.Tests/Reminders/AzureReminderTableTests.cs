using EngageCenter.Reminders;
using EngageCenter.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Reminders;

public sealed class AzureReminderTableTests(AzureReminderTableTests.Tables tables) : ReminderTableTests, IClassFixture<AzureReminderTableTests.Tables>, IAsyncLifetime
{
    private readonly List<TestSilo> silos = [];

    // A reminder may fire up to a millisecond early, so the grain checks its state for what is due.
    private protected override TimeSpan Resolution => TimeSpan.FromMilliseconds(1);

    private protected override DateTimeKind Kind => DateTimeKind.Unspecified;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var silo in silos)
        {
            await silo.DisposeAsync();
        }
    }

    private protected override async Task<IReminderTable> Open(string serviceId)
    {
        var silo = TestSilo.Build(
            tables.UnusedFile, ("Orleans:ServiceId", serviceId), ("Orleans:ClusterId", serviceId), ("Orleans:Clustering:ProviderType", "AzureTableStorage"),
            ("Orleans:Clustering:ServiceKey", "account"), ("ConnectionStrings:account", tables.ConnectionString));
        silos.Add(silo);
        var table = silo.Services.GetRequiredService<IReminderTable>();
        Assert.Equal("AzureBasedReminderTable", table.GetType().Name);
        await table.StartAsync();
        return table;
    }

    /// <summary>Runs one Azurite for all tests.</summary>
    public sealed class Tables : IAsyncLifetime, IDisposable
    {
        private readonly TempFolder folder = new();
        private Azurite azurite = null!;

        public string ConnectionString => azurite.ConnectionString;

        public string UnusedFile => folder.File("unused.db");

        public async Task InitializeAsync() => azurite = await Azurite.Start(folder.Path, withTables: true);

        public async Task DisposeAsync() => await azurite.DisposeAsync();

        public void Dispose() => folder.Dispose();
    }
}
