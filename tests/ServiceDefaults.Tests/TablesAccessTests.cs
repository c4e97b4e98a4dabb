using System.Net;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Clustering.AzureStorage;

namespace EngageCenter;

/// <summary>
/// Tests tables that first accept a host and then refuse it, as when a key is replaced or a role is removed.
/// </summary>
public sealed class TablesAccessTests : IAsyncLifetime
{
    private WebApplication tables = null!;
    private IHost host = null!;
    private int answer = 200;

    private TableClient Members => host.Services.GetRequiredService<IOptions<AzureStorageGatewayOptions>>().Value.TableServiceClient!.GetTableClient("members");

    private TablesEntry Entry => host.Services.GetServices<IHostedService>().OfType<TablesEntry>().Single();

    public async Task InitializeAsync()
    {
        var standIn = WebApplication.CreateSlimBuilder();
        standIn.Logging.ClearProviders();
        standIn.WebHost.UseUrls($"http://{IPAddress.Loopback}:0");
        tables = standIn.Build();
        tables.MapFallback(() => answer == 200
            ? Results.Text("""{"value":[]}""", "application/json")
            : Results.Text("""{"odata.error":{"code":"AuthorizationFailure","message":{"lang":"en-US","value":"No."}}}""", "application/json", statusCode: answer));
        await tables.StartAsync();

        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([
            new("Orleans:Clustering:ProviderType", "AzureTableStorage"),
            new("Orleans:Clustering:ConnectionString", $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VjcmV0;TableEndpoint={tables.Urls.Single()}/a"),
        ]);
        builder.UseOrleansClient(client => client.AddClusterTables());
        host = builder.Build();
    }

    public async Task DisposeAsync()
    {
        await ((IAsyncDisposable)host).DisposeAsync();
        await tables.DisposeAsync();
    }

    [Fact]
    public async Task Host_is_not_ready_while_the_tables_refuse_it()
    {
        await Entry.StartingAsync(default);
        Assert.Equal(HealthStatus.Healthy, await Read(200));
        Assert.Equal(HealthStatus.Unhealthy, await Read(403));
        Assert.Equal(HealthStatus.Unhealthy, await Read(503));
        Assert.Equal(HealthStatus.Healthy, await Read(200));
        Assert.Equal(HealthStatus.Unhealthy, await Read(401));
        Assert.Equal(HealthStatus.Healthy, await Read(404));
        Assert.Equal(HealthStatus.Healthy, await Read(503));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Host_refused_by_the_tables_does_not_start(int status)
    {
        answer = status;

        var refused = await Assert.ThrowsAsync<SettingException>(() => Entry.StartingAsync(default));

        Assert.Equal($"The account of Orleans:Clustering:ConnectionString refuses this host access to its tables: {status} AuthorizationFailure.", refused.Message);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Orleans_waits_for_missing_or_busy_tables(int status)
    {
        answer = status;

        await Entry.StartingAsync(default);

        Assert.Equal(HealthStatus.Healthy, await Status());
    }

    private async Task<HealthStatus> Read(int status)
    {
        answer = status;
        try
        {
            await foreach (var _ in Members.QueryAsync<TableEntity>())
            {
            }
        }
        catch (RequestFailedException e)
        {
            Assert.Equal(status, e.Status);
        }

        return await Status();
    }

    private async Task<HealthStatus> Status() =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Tags.Contains("ready"))).Entries["tables"].Status;
}
