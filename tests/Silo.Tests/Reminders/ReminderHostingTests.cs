using EngageCenter.Silo.Tests.Reminders;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Reminders.AzureStorage;

[assembly: RegisterProvider("Elsewhere", "Clustering", "Silo", typeof(ReminderHostingTests.Elsewhere))]

namespace EngageCenter.Silo.Tests.Reminders;

/// <summary>Tests where a silo keeps its reminders, depending on its settings.</summary>
public sealed class ReminderHostingTests : IDisposable
{
    private static readonly GrainId Id = GrainId.Create("schedule", "1");

    private readonly SqliteFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(null, null)]
    [InlineData("Orleans:Clustering:ProviderType", "Development")]
    [InlineData("Orleans:GrainStorage:Default:ProviderType", "Memory")]
    public async Task On_one_machine_reminders_are_in_the_file_wherever_grain_state_is(string? setting, string? value)
    {
        await using (var silo = await TestSilo.Start(folder.File(), Settings()))
        {
            var table = silo.Services.GetRequiredService<IReminderTable>();
            Assert.IsType<SqliteReminderTable>(table);
            await table.UpsertRow(new ReminderEntry { GrainId = Id, ReminderName = "run", Period = TimeSpan.FromDays(1) });
        }

        Assert.Equal(1L, folder.Execute("SELECT COUNT(*) FROM OrleansRemindersTable"));

        (string, string)[] Settings() => setting is null ? [] : [(setting, value!)];
    }

    [Theory]
    [InlineData("Redis", "Orleans:Clustering:ConnectionString")]
    [InlineData("Redis", "ConnectionStrings:members")]
    [InlineData("AzureRedisCache", "Orleans:Clustering:ConnectionString")]
    public async Task In_a_Redis_cluster_reminders_are_in_the_Redis_with_its_members(string provider, string setting)
    {
        await using var silo = TestSilo.Build(
            folder.File(),
            ("Orleans:Clustering:ProviderType", provider),
            ("Orleans:Clustering:ConnectionName", "members"),
            (setting, "redis.example:6380,password=secret,ssl=True"));

        Assert.Equal("RedisReminderTable", silo.Services.GetRequiredService<IReminderTable>().GetType().Name);
        var members = silo.Services.GetRequiredService<IOptions<RedisClusteringOptions>>().Value;
        var reminders = silo.Services.GetRequiredService<IOptions<RedisReminderTableOptions>>().Value;
        Assert.Equal(members.ConfigurationOptions?.ToString(), reminders.ConfigurationOptions?.ToString());
        Assert.Contains("redis.example:6380", reminders.ConfigurationOptions!.ToString(), StringComparison.Ordinal);
        Assert.Null(reminders.EntryExpiry);
    }

    [Theory]
    [InlineData("ServiceKey", "ConnectionStrings:account", "https://contoso.table.core.windows.net")]
    [InlineData("ServiceKey", "ConnectionStrings:account", "AccountName=contoso;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net")]
    [InlineData("ConnectionName", "ConnectionStrings:account", "AccountName=contoso;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net")]
    [InlineData("ConnectionName", "Orleans:Clustering:ConnectionString", "AccountName=contoso;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net")]
    public async Task In_an_Azure_cluster_reminders_are_in_its_tables(string name, string setting, string account)
    {
        await using var silo = TestSilo.Build(
            folder.File(), ("Orleans:Clustering:ProviderType", "AzureTableStorage"), ($"Orleans:Clustering:{name}", "account"), (setting, account));

        Assert.Equal("AzureBasedReminderTable", silo.Services.GetRequiredService<IReminderTable>().GetType().Name);
        var members = silo.Services.GetRequiredService<IOptions<AzureStorageClusteringOptions>>().Value;
        var reminders = silo.Services.GetRequiredService<IOptions<AzureTableReminderStorageOptions>>().Value;
        Assert.Same(members.TableServiceClient, reminders.TableServiceClient);
        Assert.Equal(new("https://contoso.table.core.windows.net/"), reminders.TableServiceClient!.Uri);
    }

    [Theory]
    [InlineData("ServiceKey", "ConnectionStrings:account", null, "missing")]
    [InlineData("ServiceKey", "ConnectionStrings:account", "http://secret.table.example", "https")]
    [InlineData("ServiceKey", "ConnectionStrings:account", "AccountName=secret", "neither")]
    [InlineData("ConnectionName", "ConnectionStrings:account", null, "missing")]
    [InlineData("ConnectionName", "Orleans:Clustering:ConnectionString", "AccountName=secret", "neither")]
    [InlineData("TableName", "Orleans:Clustering:ConnectionString", null, "missing")]
    public void Unusable_connection_of_tables_prevents_the_start_and_is_named_without_its_value(string name, string setting, string? account, string why)
    {
        var error = Assert.Throws<SettingException>(() => TestSilo.Build(
            folder.File(), ("Orleans:Clustering:ProviderType", "AzureTableStorage"), ($"Orleans:Clustering:{name}", "account"), (setting, account!)));

        Assert.StartsWith($"{setting} ", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_place_for_reminders_the_silo_does_not_start_and_says_what_to_set()
    {
        var error = Assert.Throws<OrleansConfigurationException>(() => TestSilo.Build(folder.File(), ("Orleans:Clustering:ProviderType", "Elsewhere")));

        Assert.Contains("'Elsewhere'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Orleans:Reminders:ProviderType", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reminder_settings_take_precedence_over_those_of_the_cluster()
    {
        await using var elsewhere = TestSilo.Build(
            folder.File(), ("Orleans:Clustering:ProviderType", "Elsewhere"), ("Orleans:Reminders:ProviderType", "Redis"), ("Orleans:Reminders:ConnectionString", "redis.example:1"));
        await using var redis = TestSilo.Build(
            folder.File(), ("Orleans:Clustering:ProviderType", "Redis"), ("Orleans:Clustering:ConnectionString", "redis.example:1"),
            ("Orleans:Reminders:ProviderType", "Redis"), ("Orleans:Reminders:ConnectionString", "redis.example:2"));

        Assert.Equal("redis.example:1", Address(elsewhere));
        Assert.Equal("redis.example:2", Address(redis));

        static string Address(TestSilo silo) => silo.Services.GetRequiredService<IOptions<RedisReminderTableOptions>>().Value.ConfigurationOptions!.ToString();
    }

    [Fact]
    public async Task Configured_database_has_the_reminders()
    {
        // Any database with the provider's tables works; the test uses our SQLite schema.
        using (var other = new SqliteFile(folder.File("other.db")))
        {
            other.Prepare();
        }

        await using var silo = await TestSilo.Start(
            folder.File(), ("Orleans:Reminders:ProviderType", "AdoNet"), ("Orleans:Reminders:Invariant", "System.Data.SQLite"),
            ("Orleans:Reminders:ConnectionString", $"Data Source={folder.File("other.db")};Pooling=False"));

        var table = silo.Services.GetRequiredService<IReminderTable>();
        Assert.IsNotType<SqliteReminderTable>(table);
        await table.UpsertRow(new ReminderEntry { GrainId = Id, ReminderName = "run", Period = TimeSpan.FromDays(1) });
        Assert.NotNull(await table.ReadRow(Id, "run"));
        Assert.Equal(0L, folder.Execute("SELECT COUNT(*) FROM OrleansRemindersTable"));
    }

    /// <summary>A clustering provider that this product does not know.</summary>
    internal sealed class Elsewhere : IProviderBuilder<ISiloBuilder>
    {
        public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
        {
        }
    }
}
