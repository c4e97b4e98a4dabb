using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Xunit.Abstractions;

namespace EngageCenter.Cluster.Tests;

/// <summary>Certificates of a whole cluster. ServiceDefaults.Tests tests which certificates one handshake accepts.</summary>
public class CertificateTests(ITestOutputHelper output)
{
    private const int Members = 4;
    private const int Workspaces = 4;

    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Certificates_and_CA_are_replaced_under_load_without_a_failed_request()
    {
        await using var cluster = await RunningCluster.Start(new(Members), silos: 2, webNodes: 1, settings: new Dictionary<string, string>
        {
            ["Clustering__Tls__CheckEvery"] = "00:00:01",
            ["Logging__LogLevel__EngageCenter.ClusterCertificates"] = "Information",
        });
        using var client = new ClusterClient(cluster);
        using var load = new Load(cluster, client, Workspaces);
        try
        {
            await load.SetUp(Members);
            var running = load.Run(checkEvery: TimeSpan.FromMilliseconds(100), changeEvery: TimeSpan.FromMilliseconds(200));
            var next = new TestAuthority(TimeProvider.System.GetUtcNow());
            try
            {
                await GoesOn(load);

                // First another certificate of the same CA, then another CA, each with a web node that connects with it.
                var renewed = cluster.Ca.Issue();
                cluster.Tls.Show(renewed);
                await Use(cluster, renewed, trustedCas: 1);
                await cluster.AddWeb();
                await GoesOn(load);

                cluster.Tls.Trust(cluster.Ca, next);
                await Use(cluster, renewed, trustedCas: 2);
                var replaced = next.Issue();
                cluster.Tls.Show(replaced);
                await Use(cluster, replaced, trustedCas: 2);
                cluster.Tls.Trust(next);
                await Use(cluster, replaced, trustedCas: 1);
                await cluster.AddWeb();
                await GoesOn(load);
            }
            finally
            {
                await load.EndAsync();
                await running;
            }

            await load.ReadEnd();
            await cluster.AddSilo();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n{cluster}", e);
        }

        output.WriteLine($"checks answered: {load.History.Checks.Count}, changes acknowledged: {load.Acknowledged}");
        Assert.Equal((0, 0), (load.Unanswered, load.Unknown));
        Assert.Empty(load.Surprises);
        Assert.Empty(load.History.Violations());
    }

    // The client has everything that it needs to use a silo, except the certificate.
    [Fact]
    public async Task Orleans_client_without_a_certificate_cannot_connect_to_a_cluster()
    {
        await using var cluster = await RunningCluster.Start(new(Members: 1), silos: 1, webNodes: 0);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.UseOrleansClient(client => client
            .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, cluster.SiloNodes[0].GatewayPort))
            .UseConnectionRetryFilter((_, _) => Task.FromResult(false))
            .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (RunningCluster.ClusterId, EngageCenterService.DefaultId)));
        using var plain = builder.Build();

        await Assert.ThrowsAnyAsync<Exception>(() => plain.StartAsync().WaitAsync(bound));

        // With a certificate the same client is served.
        await using var member = await Management.Of(cluster);
        Assert.Empty(await member.Activations("workspace"));
    }

    private static async Task Use(RunningCluster cluster, X509Certificate2 certificate, int trustedCas)
    {
        var line = $"use the certificate {certificate.GetCertHashString(HashAlgorithmName.SHA256)},";
        foreach (var node in cluster.SiloNodes.Concat(cluster.Web))
        {
            await Until.True(
                () => Task.FromResult(node.Output.Split('\n').LastOrDefault(l => l.Contains("use the certificate", StringComparison.Ordinal)) is { } last
                    && last.Contains(line, StringComparison.Ordinal) && last.TrimEnd().EndsWith($"trusted CAs: {trustedCas}", StringComparison.Ordinal)),
                bound, $"{node.Name} uses the certificate with {trustedCas} trusted CAs. {node}");
        }
    }

    private static Task GoesOn(Load load)
    {
        var since = Stopwatch.GetTimestamp();
        return Until.True(() => Task.FromResult(load.NextSuccess(since) is { Check: not null, Change: not null }), bound, "it goes on");
    }
}
