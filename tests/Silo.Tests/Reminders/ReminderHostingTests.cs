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

/// <summary>Where a silo keeps its reminders, by its settings.</summary>
public sealed class ReminderHostingTests : IDisposable
{
    private static readonly GrainId Id = GrainId.Create("schedule", "1");

    private readonly SqliteFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(null, null)]
    [InlineData("Orleans:Clustering:ProviderType", "Development")]
    [InlineData("Orleans:GrainStorage:Default:ProviderType", "Memory")]
    public async Task On_one_machine_they_are_in_the_file_whatever_has_the_grains_state(string? setting, string? value)
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
    public async Task In_a_cluster_they_are_in_the_Redis_that_has_its_members(string provider, string setting)
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
    public async Task In_a_cluster_on_an_Azure_account_they_are_in_its_tables(string name, string setting, string account)
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
    public void A_connection_of_tables_that_cannot_be_used_stops_the_start_and_is_named_without_its_value(string name, string setting, string? account, string why)
    {
        var error = Assert.Throws<SettingException>(() => TestSilo.Build(
            folder.File(), ("Orleans:Clustering:ProviderType", "AzureTableStorage"), ($"Orleans:Clustering:{name}", "account"), (setting, account!)));

        Assert.StartsWith($"{setting} ", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_members_have_no_place_for_them_the_silo_does_not_start_and_says_what_to_set()
    {
        var error = Assert.Throws<OrleansConfigurationException>(() => TestSilo.Build(folder.File(), ("Orleans:Clustering:ProviderType", "Elsewhere")));

        Assert.Contains("'Elsewhere'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Orleans:Reminders:ProviderType", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_settings_of_reminders_come_before_those_of_the_cluster()
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
    public async Task A_database_that_is_named_by_settings_alone_has_them()
    {
        // Any with the tables that the provider reads; this one has ours.
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

    /// <summary>A provider of clustering that this product does not know.</summary>
    internal sealed class Elsewhere : IProviderBuilder<ISiloBuilder>
    {
        public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
        {
        }
    }
}
