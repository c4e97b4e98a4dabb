using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Limits;

public sealed class AddressConnectionsTests
{
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_address_has_a_part_of_the_connections_and_another_address_connects_beside_it()
    {
        await using var api = await StartAsync(("WebApi:MaxRequests", "10"), ("WebApi:MaxConnections", "40"), ("WebApi:AddressShare", "0.25"));
        var server = api.Client.BaseAddress!;
        List<TcpClient?> silent = [];
        try
        {
            // All that the service accepts of 127.0.0.2: no byte is sent.
            for (var n = 0; n < 30; n++)
            {
                silent.Add(await Connect(server, "127.0.0.2"));
            }

            using var other = await Connect(server, "127.0.0.3");
            Assert.Equal("200", await Asks(other));
            var answers = new List<string?>();
            foreach (var connection in silent)
            {
                answers.Add(await Asks(connection));
            }

            Assert.Equal(10, answers.Count(answer => answer == "200"));
            Assert.Equal(20, answers.Count(answer => answer is null));
        }
        finally
        {
            silent.ForEach(connection => connection?.Dispose());
        }

        // What was closed is free again.
        await Until.True(async () => await Asks(await Connect(server, "127.0.0.2")) == "200", bound, "127.0.0.2 is served");
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("127.0.0.0/30")]
    public async Task A_known_proxy_speaks_for_many_addresses_and_is_not_limited(string proxy)
    {
        await using var api = await StartAsync(
            ("WebApi:RateLimit:ConnectionsPerSecond", "1"), ("WebApi:RateLimit:ConnectionsAtOnce", "1"),
            ("WebApi:MaxRequests", "10"), ("WebApi:MaxConnections", "40"), ("WebApi:AddressShare", "0.1"), ("WebApi:KnownProxies:0", proxy));
        List<TcpClient?> open = [];
        try
        {
            for (var n = 0; n < 20; n++)
            {
                open.Add(await Connect(api.Client.BaseAddress!, "127.0.0.2"));
                Assert.Equal("200", await Asks(open[^1]));
            }
        }
        finally
        {
            open.ForEach(connection => connection?.Dispose());
        }
    }

    [Fact]
    public async Task Connections_per_second_are_limited_for_each_address()
    {
        const int atOnce = 10;
        using var meter = new RefusalMeter();
        await using var api = await StartAsync(("WebApi:RateLimit:ConnectionsPerSecond", "1"), ("WebApi:RateLimit:ConnectionsAtOnce", $"{atOnce}"));
        var server = api.Client.BaseAddress!;
        var started = TimeProvider.System.GetTimestamp();
        var served = 0;
        for (var n = 0; n < 60; n++)
        {
            // None is open beside another: what counts is how many come.
            using var connection = await Connect(server, "127.0.0.2");
            served += await Asks(connection) == "200" ? 1 : 0;
        }

        var added = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        Assert.InRange(served, atOnce, atOnce + (int)added + 1);
        Assert.Equal(60 - served, meter.Refused(api, "rate"));

        using var other = await Connect(server, "127.0.0.3");
        Assert.Equal("200", await Asks(other));

        // One that is open goes on, and after a while the address connects again.
        await Until.True(async () =>
        {
            using var connection = await Connect(server, "127.0.0.2");
            return await Asks(connection) == "200";
        }, bound, "127.0.0.2 is served");
        Assert.Equal("200", await Asks(other));
    }

    [Fact]
    public async Task A_refused_connection_leaves_no_line_in_the_log()
    {
        using var log = new LogLines();
        await using var api = await StartAsync(log, ("WebApi:RateLimit:ConnectionsPerSecond", "1"), ("WebApi:RateLimit:ConnectionsAtOnce", "1"));
        for (var n = 0; n < 30; n++)
        {
            using var connection = await Connect(api.Client.BaseAddress!, "127.0.0.2");
            await Asks(connection);
        }

        Assert.DoesNotContain(log.All, line => line.Level > LogLevel.Debug && line.Category.StartsWith("Microsoft.AspNetCore.Server", StringComparison.Ordinal));
    }

    /// <summary>Counts the connections that services of this process refuse, each by itself.</summary>
    private sealed class RefusalMeter : IDisposable
    {
        private readonly ConcurrentDictionary<(object? Scope, string? Reason), long> refused = new();
        private readonly MeterListener listener = new();

        public RefusalMeter()
        {
            listener.InstrumentPublished = (instrument, to) =>
            {
                if (instrument.Name == "engagecenter.connections.refused")
                {
                    to.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
                refused.AddOrUpdate((instrument.Meter.Scope, tags[0].Value as string), count, (_, before) => before + count));
            listener.Start();
        }

        public long Refused(RunningWebApi api, string reason) =>
            refused.GetValueOrDefault((api.Services.GetRequiredService<IMeterFactory>(), reason));

        public void Dispose() => listener.Dispose();
    }

    /// <returns>Null if the service closed it before it was open here.</returns>
    private static async Task<TcpClient?> Connect(Uri server, string from)
    {
        var connection = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0));
        try
        {
            await connection.ConnectAsync(server.Host, server.Port);
            return connection;
        }
        catch (SocketException)
        {
            connection.Dispose();
            return null;
        }
    }

    /// <returns>The status of an answer; null if the connection was closed.</returns>
    private static async Task<string?> Asks(TcpClient? connection)
    {
        if (connection is null)
        {
            return null;
        }

        using var stop = new CancellationTokenSource(bound);
        try
        {
            var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"), stop.Token);
            var answer = new byte[1024];
            var read = await stream.ReadAsync(answer, stop.Token);
            return read == 0 ? null : Encoding.ASCII.GetString(answer, 0, read).Split(' ')[1];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
