using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace EngageCenter.ServiceDefaults.Tests;

/// <summary>Tests a silo and Orleans clients over TCP.</summary>
public sealed class ClusterTlsTests : IAsyncLifetime, IDisposable
{
    private const string Cluster = "tls-tests";
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(60);

    private readonly TestAuthority authority = new(TimeProvider.System.GetUtcNow());
    private readonly TlsFolder folder;
    private readonly int siloPort = FreePort.Next();
    private readonly int gatewayPort = FreePort.Next();
    private IHost? silo;
    private int connections;

    public ClusterTlsTests() => folder = new(authority);

    public async Task InitializeAsync()
    {
        silo = Silo(Environments.Production, IPAddress.Loopback, folder.Settings());
        await silo.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await silo!.StopAsync();
    }

    public void Dispose()
    {
        silo?.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Member_is_served()
    {
        using var other = new TlsFolder(authority);
        using var client = Client(other.Settings());
        await client.StartAsync();

        var silos = await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);

        Assert.Equal(siloPort, Assert.Single(silos).Key.Endpoint.Port);
        Assert.Equal(1, connections);
        await client.StopAsync();
    }

    [Fact]
    public async Task Client_in_plain_text_receives_nothing()
    {
        using var client = Client([]);

        await Assert.ThrowsAnyAsync<Exception>(() => client.StartAsync().WaitAsync(bound));

        Assert.Equal(0, connections);
    }

    [Fact]
    public async Task Silo_in_plain_text_is_refused_by_clients_with_TLS()
    {
        var (plainSilo, plainGateway) = (FreePort.Next(), FreePort.Next());
        using var plain = Silo(Environments.Production, IPAddress.Loopback, [], plainSilo, plainGateway);
        await plain.StartAsync();
        using var client = Client(folder.Settings(), plainGateway);

        await Assert.ThrowsAnyAsync<Exception>(() => client.StartAsync().WaitAsync(bound));

        await plain.StopAsync();
    }

    // A middleware that only checks certificates would let a client without one pass.
    [Theory]
    [InlineData("silo", "no certificate")]
    [InlineData("silo", "another CA")]
    [InlineData("silo", "another name")]
    [InlineData("gateway", "no certificate")]
    [InlineData("gateway", "another CA")]
    [InlineData("gateway", "another name")]
    public async Task Stranger_gets_no_further_than_the_handshake_on_either_port(string port, string stranger)
    {
        var certificate = stranger switch
        {
            "no certificate" => null,
            "another CA" => new TestAuthority(TimeProvider.System.GetUtcNow()).Issue(),
            _ => authority.Issue("another-cluster"),
        };

        Assert.Empty(await ToTheEnd(port, certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true)));

        Assert.Equal(0, connections);

        // One line gives the reason, without a stack trace inside Orleans.
        var log = silo!.Services.GetRequiredService<Warnings>();
        await Until.True(() => Task.FromResult(log.OfOrleans.Count > 0), bound, "the refusal is logged");
        Assert.StartsWith("Authentication failed: ", Assert.Single(log.OfOrleans), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    public async Task Member_gets_past_the_handshake_on_either_port(string port)
    {
        await ToTheEnd(port, SslStreamCertificateContext.Create(authority.Issue(), null, offline: true));

        Assert.Equal(1, connections);
    }

    public static TheoryData<string, string?, bool> Starts => new()
    {
        { "Production", null, false },
        { "Staging", null, false },
        { "Production", "true", false },
        { "Development", "true", false },
        { "Development", null, true },
        { "Production", "false", true },
    };

    [Theory]
    [MemberData(nameof(Starts))]
    public void Silo_listens_beyond_loopback_in_plain_text_only_if_allowed(string environment, string? required, bool starts) =>
        Validates(Silo(environment, IPAddress.Any, Required(required), 1, 2), environment, required, starts, "This silo listens on 0.0.0.0");

    [Theory]
    [MemberData(nameof(Starts))]
    public void Web_node_connects_beyond_loopback_in_plain_text_only_if_allowed(string environment, string? required, bool starts) =>
        Validates(Client(Required(required), environment: environment, isRemote: true), environment, required, starts, "This web node connects to silos beyond this machine's loopback");

    [Fact]
    public void Gateway_alone_beyond_loopback_is_refused_too()
    {
        using var host = Silo(Environments.Production, IPAddress.Loopback, [], 1, 2, options => options.GatewayListeningEndpoint = new(IPAddress.IPv6Any, 2));

        Assert.StartsWith("This silo listens on ::", Assert.Throws<InvalidOperationException>(() => Validate(host)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CertificateFile", "", "has no certificate")]
    [InlineData("Store", "CurrentUser/My", "has both CertificateFile and Store")]
    [InlineData("TrustedCa", "", "needs either TrustedCa or Thumbprints")]
    [InlineData("Thumbprints:0", "AA", "needs either TrustedCa or Thumbprints")]
    [InlineData("Name", "not a name", "Clustering:Tls:Name is 'not a name'")]
    [InlineData("Name", "", "Clustering:Tls:Name is ''")]
    [InlineData("Name", "*.example", "Clustering:Tls:Name is '*.example'")]
    [InlineData("CheckEvery", "00:00:00.9", "Clustering:Tls:CheckEvery is 00:00:00.9")]
    [InlineData("CheckEvery", "01:00:01", "Clustering:Tls:CheckEvery is 01:00:01")]
    [InlineData("Required", "perhaps", "Clustering:Tls:Required")]
    public void Unusable_setting_is_named(string setting, string value, string expected)
    {
        var refused = Assert.Throws<SettingException>(() => Client(new(folder.Settings()) { [$"Clustering:Tls:{setting}"] = value }));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AA")]
    [InlineData("ZZ11111111111111111111111111111111111111111111111111111111111111")]
    public void Invalid_thumbprint_is_named(string thumbprint)
    {
        var settings = new Dictionary<string, string>(folder.Settings()) { ["Clustering:Tls:TrustedCa"] = "", ["Clustering:Tls:Thumbprints:0"] = thumbprint };

        Assert.Contains($"'{thumbprint}'", Assert.Throws<SettingException>(() => Client(settings)).Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Required(string? required) => required is null ? [] : new() { ["Clustering:Tls:Required"] = required };

    private static void Validates(IHost host, string environment, string? required, bool starts, string what)
    {
        using (host)
        {
            if (!starts)
            {
                var refused = Assert.Throws<InvalidOperationException>(() => Validate(host));
                Assert.StartsWith($"{what}, and Clustering:Tls has no certificate", refused.Message, StringComparison.Ordinal);
                return;
            }

            Validate(host);
            var warnings = host.Services.GetRequiredService<Warnings>().Written;
            if (environment != Environments.Development && required is not null)
            {
                Assert.StartsWith($"{what} in plain text, because Clustering:Tls:Required is false", Assert.Single(warnings), StringComparison.Ordinal);
            }
            else
            {
                Assert.Empty(warnings);
            }
        }
    }

    // Like Orleans, before it listens.
    private static void Validate(IHost host)
    {
        foreach (var validator in host.Services.GetServices<IConfigurationValidator>())
        {
            validator.ValidateConfiguration();
        }
    }

    private IHost Silo(
        string environment, IPAddress address, Dictionary<string, string> settings, int? silo = null, int? gateway = null, Action<EndpointOptions>? configure = null)
    {
        var builder = Builder(environment, settings);
        builder.UseOrleans(orleans =>
        {
            orleans.UseLocalhostClustering(silo ?? siloPort, gateway ?? gatewayPort, serviceId: Cluster, clusterId: Cluster);
            orleans.AddClusterTls();
            orleans.Configure<EndpointOptions>(endpoints =>
            {
                endpoints.SiloListeningEndpoint = new(address, silo ?? siloPort);
                configure?.Invoke(endpoints);
            });

            // Behind TLS, so that only connections that pass it are counted.
            orleans.Configure<SiloConnectionOptions>(options =>
            {
                options.ConfigureSiloInboundConnection(Count);
                options.ConfigureGatewayInboundConnection(Count);
            });
        });
        return builder.Build();
    }

    private IHost Client(Dictionary<string, string> settings, int? gateway = null, string environment = "Production", bool isRemote = false)
    {
        var builder = Builder(environment, settings);
        builder.UseOrleansClient(client => client
            .UseLocalhostClustering(gateway ?? gatewayPort, Cluster, Cluster)
            .UseConnectionRetryFilter((_, _) => Task.FromResult(false))
            .AddClusterTls(isRemote));
        return builder.Build();
    }

    private static HostApplicationBuilder Builder(string environment, Dictionary<string, string> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection(settings!);
        builder.Services.AddSingleton<Warnings>();
        builder.Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<Warnings>());
        return builder;
    }

    private void Count(IConnectionBuilder builder) => builder.Use(next => connection =>
    {
        Interlocked.Increment(ref connections);
        return next(connection);
    });

    /// <summary>Sends bytes that are not a message of Orleans, and reads until the silo closes the connection.</summary>
    private async Task<byte[]> ToTheEnd(string port, SslStreamCertificateContext? certificate)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port == "silo" ? siloPort : gatewayPort);
        await using var stream = new SslStream(client.GetStream());
        using var received = new MemoryStream();
        using var bounded = new CancellationTokenSource(bound);
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "engage-center",
                    ApplicationProtocols = [new("Orleans1")],
                    ClientCertificateContext = certificate,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                },
                bounded.Token);
            await stream.WriteAsync(new byte[64], bounded.Token);
            await stream.CopyToAsync(received, bounded.Token);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The connection was closed meanwhile.
        }

        return received.ToArray();
    }

    private sealed class Warnings : ILoggerProvider, ILogger
    {
        private readonly List<string> written = [];

        public IReadOnlyList<string> Written
        {
            get
            {
                lock (written)
                {
                    return [.. written];
                }
            }
        }

        private readonly Connections connections = new();

        /// <summary>What is logged about connections, with exceptions.</summary>
        public IReadOnlyCollection<string> OfOrleans => connections.Written;

        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("EngageCenter.", StringComparison.Ordinal) ? this
            : categoryName.StartsWith("Orleans.Connections", StringComparison.Ordinal) || categoryName.StartsWith("Orleans.Runtime.Messaging", StringComparison.Ordinal) ? connections
            : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                lock (written)
                {
                    written.Add(string.Create(CultureInfo.InvariantCulture, $"{formatter(state, exception)}"));
                }
            }
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }

        private sealed class Connections : ILogger
        {
            private readonly ConcurrentQueue<string> written = new();

            public IReadOnlyCollection<string> Written => written;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (logLevel >= LogLevel.Warning)
                {
                    written.Enqueue($"{formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
                }
            }

            public bool IsEnabled(LogLevel logLevel) => true;

            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;
        }
    }
}
