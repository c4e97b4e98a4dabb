using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.ServiceDefaults.Tests;

public sealed class AddressConnectionsTests
{
    [Fact]
    public void Addresses_of_any_number_share_a_bounded_number_of_buckets()
    {
        var buckets = Enumerable.Range(0, 1_000_000)
            .Select(n => AddressConnections.BucketOf(AddressConnections.KeyOf(new IPAddress([0x20, 0x01, 0x0d, 0xb8, 0, (byte)(n >> 16), (byte)(n >> 8), (byte)n, 0, 0, 0, 0, 0, 0, 0, 1]))))
            .ToHashSet();

        Assert.All(buckets, bucket => Assert.InRange(bucket, 0, AddressConnections.Buckets - 1));
        Assert.Equal(AddressConnections.Buckets, buckets.Count);
    }

    [Fact]
    public async Task Address_never_has_more_connections_than_its_share_and_all_are_returned()
    {
        const int max = 5;
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var limits = new ConnectionLimits(max, AddressShare: 1, PerSecond: 1_000_000, AtOnce: 1_000_000, Proxies: []);
        using var connections = new AddressConnections(limits, services.GetRequiredService<IMeterFactory>());
        var (open, most) = (0, 0);
        var gate = new Lock();
        var briefly = connections.Limit(async _ =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++open);
            }

            await Task.Yield();
            lock (gate)
            {
                open--;
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(_ => Task.Run(() => briefly(Connection("192.0.2.1")))));
        Assert.InRange(most, 1, max);

        // All that one address may have at once, again, and not one more; another address beside it.
        var (served, end) = (0, new TaskCompletionSource());
        var held = connections.Limit(_ =>
        {
            served++;
            return end.Task;
        });
        var tasks = Enumerable.Range(0, max + 3).Select(_ => held(Connection("192.0.2.1"))).ToList();
        Assert.Equal(max, served);
        tasks.Add(held(Connection("192.0.2.2")));
        Assert.Equal(max + 1, served);
        end.SetResult();
        await Task.WhenAll(tasks);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:2::/64")]
    public void An_address_of_IPv6_counts_as_its_network(string address, string key) =>
        Assert.Equal(key, AddressConnections.KeyOf(IPAddress.Parse(address)));

    private static DefaultConnectionContext Connection(string address) => new() { RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 1) };
}
