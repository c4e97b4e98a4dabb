using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Orleans.Connections.Security;

namespace EngageCenter.ServiceDefaults.Tests;

/// <summary>Tests which certificates are accepted, in handshakes over TCP.</summary>
public sealed class ClusterCertificatesTests : IDisposable
{
    private static readonly DateTimeOffset now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan bound = TimeSpan.FromSeconds(30);

    private readonly TimerSignal time = new(now);
    private readonly LogLines log = new();
    private readonly TestAuthority authority = new(now);
    private readonly TlsFolder folder;

    public ClusterCertificatesTests() => folder = new(authority);

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Strangers => ["no certificate", "another CA", "self-signed", "expired", "not yet valid", "another name", "a name below", "a wildcard", "only a common name", "not for this use"];

    [Fact]
    public async Task Members_accept_each_other()
    {
        using var other = new TlsFolder(authority);

        var (server, client) = await Handshake(Certificates(), Outbound(Certificates(other.Settings())));

        Assert.Null(server);
        Assert.Null(client);
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Connecting_stranger_is_refused(string stranger)
    {
        var (server, _) = await Handshake(Certificates(), Anybody(Certificate(stranger, TestAuthority.ServerUsage)));

        Assert.IsType<AuthenticationException>(server);
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Stranger_as_the_server_is_refused(string stranger)
    {
        if (Certificate(stranger, TestAuthority.ClientUsage) is not { } certificate)
        {
            // A TLS server cannot run without a certificate.
            return;
        }

        var (_, client) = await Handshake(Server(certificate), Outbound(Certificates()));

        Assert.IsType<AuthenticationException>(client);
    }

    [Fact]
    public async Task Refusal_is_logged_with_its_reason()
    {
        await Handshake(Certificates(), Anybody(authority.Issue("another-cluster")));

        Assert.Contains(log.Written, line => line.StartsWith("Warning: A connection was refused because of its certificate 'CN=engage-center'", StringComparison.Ordinal)
            && line.EndsWith("'engage-center' is not among its subject alternative names", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TLS_versions_before_1_2_are_not_offered()
    {
        var certificates = Certificates();

        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, certificates.Inbound.SslProtocols);
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, certificates.Outbound.SslProtocols);
        foreach (var version in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
        {
            var outbound = Outbound(certificates);
            outbound.EnabledSslProtocols = version;
            Assert.Equal((null, null), await Handshake(certificates, outbound));
        }
    }

    [Fact]
    public async Task Certificate_is_shown_with_its_intermediate_certificates()
    {
        var between = authority.Below();
        folder.Show(between.Issue(), between);
        using var other = new TlsFolder(authority);
        var (chained, direct) = (Certificates(), Certificates(other.Settings()));

        Assert.Equal((null, null), await Handshake(chained, Outbound(direct)));
        Assert.Equal((null, null), await Handshake(direct, Outbound(chained)));
    }

    [Fact]
    public async Task Only_listed_thumbprints_are_accepted_whoever_issued_the_certificate()
    {
        var (mine, yours) = (new TestAuthority(now).Issue(), new TestAuthority(now).Issue());
        var thumbprints = new Dictionary<string, string>
        {
            ["Clustering:Tls:TrustedCa"] = "",
            ["Clustering:Tls:Thumbprints:0"] = Thumbprint(mine),
            ["Clustering:Tls:Thumbprints:1"] = Thumbprint(yours).ToLowerInvariant(),
        };
        folder.Show(mine);
        var certificates = Certificates(folder.Settings(), thumbprints);

        Assert.Equal((null, null), await Handshake(certificates, Anybody(yours)));
        Assert.IsType<AuthenticationException>((await Handshake(certificates, Anybody(new TestAuthority(now).Issue()))).Server);

        time.Advance(TimeSpan.FromDays(81));
        Assert.IsType<AuthenticationException>((await Handshake(certificates, Anybody(yours))).Server);
    }

    [Fact]
    public async Task PFX_file_with_its_password_works()
    {
        X509Certificate2Collection all = [authority.Issue()];
        var pfx = folder.Write("tls.pfx", all.Export(X509ContentType.Pfx, "a password")!);
        var certificates = Certificates(new Dictionary<string, string> { ["Clustering:Tls:CertificateFile"] = pfx, ["Clustering:Tls:Password"] = "a password", ["Clustering:Tls:TrustedCa"] = folder.CaFile });

        Assert.Equal((null, null), await Handshake(certificates, Outbound(Certificates())));
    }

    [Fact]
    public async Task Encrypted_key_and_folder_of_CAs_work()
    {
        var certificate = authority.Issue();
        using var key = certificate.GetECDsaPrivateKey()!;
        using var files = new TempFolder();
        files.Write("tls.crt", certificate.ExportCertificatePem() + "\n" + key.ExportEncryptedPkcs8PrivateKeyPem("a password", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        files.Folder("trusted");
        files.Write("trusted/other.pem", new TestAuthority(now).Pem);
        files.Write("trusted/ca.crt", authority.Pem);
        files.Write("trusted/readme.txt", "not read");
        var certificates = Certificates(new Dictionary<string, string>
        {
            ["Clustering:Tls:CertificateFile"] = files.File("tls.crt"),
            ["Clustering:Tls:Password"] = "a password",
            ["Clustering:Tls:TrustedCa"] = files.File("trusted"),
        });

        Assert.Equal((null, null), await Handshake(certificates, Outbound(Certificates())));
    }

    [Fact]
    public async Task Valid_certificate_in_the_store_that_expires_last_is_used()
    {
        var name = $"cluster-{Guid.NewGuid():N}";
        X509Certificate2[] stored = [authority.Issue(name, until: 20), authority.Issue(name, until: 40), authority.Issue(name, days: 30, until: 60), authority.Issue("another-name", until: 70)];
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser, OpenFlags.ReadWrite);
        var settings = new Dictionary<string, string> { ["Clustering:Tls:Store"] = "CurrentUser/My", ["Clustering:Tls:Name"] = name, ["Clustering:Tls:TrustedCa"] = folder.CaFile };
        try
        {
            foreach (var certificate in stored)
            {
                store.Add(Persistable(certificate));
            }

            var certificates = Certificates(settings);
            Assert.Equal(Thumbprint(stored[1]), await Shown(certificates, name));

            time.Advance(TimeSpan.FromDays(35));
            certificates.Check();
            Assert.Equal(Thumbprint(stored[2]), await Shown(certificates, name));
        }
        finally
        {
            foreach (var certificate in stored)
            {
                store.Remove(certificate);
            }
        }
    }

    [Fact]
    public async Task Changed_file_is_used_for_new_connections()
    {
        var certificates = Certificates();
        await certificates.StartAsync(CancellationToken.None);
        await time.Waits(TimeSpan.FromSeconds(10));
        var next = authority.Issue();
        folder.Show(next);

        time.Advance(TimeSpan.FromSeconds(9));
        Assert.NotEqual(Thumbprint(next), await Shown(certificates));

        time.Advance(TimeSpan.FromSeconds(1));
        await log.Says($"Information: Cluster connections use the certificate {Thumbprint(next)}");
        Assert.Equal(Thumbprint(next), await Shown(certificates));
        await certificates.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Members_accept_each_other_at_every_step_of_a_CA_change()
    {
        var next = new TestAuthority(now);
        using var other = new TlsFolder(authority);
        var (mine, yours) = (Certificates(), Certificates(other.Settings()));
        Action<TlsFolder>[] steps = [f => f.Trust(authority, next), f => f.Show(next.Issue()), f => f.Trust(next)];

        foreach (var step in steps)
        {
            // In each step, one of the members is ahead of the other.
            foreach (var (files, certificates) in new[] { (folder, mine), (other, yours) })
            {
                step(files);
                certificates.Check();
                Assert.Equal((null, null), await Handshake(mine, Outbound(yours)));
                Assert.Equal((null, null), await Handshake(yours, Outbound(mine)));
            }
        }

        Assert.IsType<AuthenticationException>((await Handshake(mine, Anybody(authority.Issue()))).Server);
    }

    public static TheoryData<string> Faults => ["a key of another certificate", "no certificate", "not a certificate", "gone", "expired", "by a CA that is not trusted", "another name", "only for servers", "too large", "no CA"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Unusable_changed_file_is_ignored_and_logged_once(string fault)
    {
        var certificates = Certificates();
        var before = await Shown(certificates);

        Break(fault);
        certificates.Check();
        certificates.Check();

        Assert.Equal(before, await Shown(certificates));
        Assert.Single(log.Written, line => line.StartsWith("Error: The changed cluster certificate cannot be used", StringComparison.Ordinal));

        // A later usable file is used again.
        var next = authority.Issue();
        folder.Trust(authority);
        folder.Show(next);
        certificates.Check();
        Assert.Equal(Thumbprint(next), await Shown(certificates));
    }

    // An exception that leaves a background service stops the host.
    [Fact]
    public async Task Failed_check_keeps_the_certificate_and_is_repeated()
    {
        var clock = new FailingClock();
        var certificates = new ClusterCertificates(ClusterTlsOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(folder.Settings()!).Build()), clock, log);
        var before = await Shown(certificates);
        var next = authority.Issue();
        folder.Show(next);

        clock.Fails = true;
        certificates.Check();
        clock.Fails = false;
        Assert.Equal(before, await Shown(certificates));
        Assert.Single(log.Written, line => line.StartsWith("Error: The changed cluster certificate cannot be used", StringComparison.Ordinal));

        certificates.Check();
        Assert.Equal(Thumbprint(next), await Shown(certificates));
    }

    private sealed class FailingClock : TimeProvider
    {
        public bool Fails { get; set; }

        public override DateTimeOffset GetUtcNow() => Fails ? throw new InsufficientMemoryException("There is no memory.") : now;
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Unusable_certificate_prevents_the_start_with_one_line(string fault)
    {
        Break(fault);

        var refused = Assert.Throws<InvalidOperationException>(() => Certificates());

        Assert.StartsWith($"The certificate of Clustering:Tls:CertificateFile '{folder.CertificateFile}'", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Certificate_close_to_its_expiry_is_logged_once()
    {
        var certificates = Certificates();
        time.Advance(TimeSpan.FromDays(57));
        certificates.Check();
        Assert.DoesNotContain(log.Written, line => line.StartsWith("Warning:", StringComparison.Ordinal));

        time.Advance(TimeSpan.FromDays(1));
        certificates.Check();
        certificates.Check();

        var line = Assert.Single(log.Written, line => line.StartsWith("Warning:", StringComparison.Ordinal));
        Assert.EndsWith("it is valid until 2026-05-20 12:00:00Z", line, StringComparison.Ordinal);
    }

    private void Break(string fault)
    {
        switch (fault)
        {
            case "a key of another certificate":
                File.WriteAllText(folder.KeyFile, TestAuthority.PemOf(authority.Issue()).Key);
                break;
            case "no certificate":
                File.WriteAllText(folder.CertificateFile, "-----BEGIN NOTHING-----\n-----END NOTHING-----");
                break;
            case "not a certificate":
                File.WriteAllText(folder.CertificateFile, "no certificate");
                break;
            case "gone":
                File.Delete(folder.CertificateFile);
                break;
            case "expired":
                folder.Show(authority.Issue(days: -80, until: -1));
                break;
            case "by a CA that is not trusted":
                folder.Show(new TestAuthority(now).Issue());
                break;
            case "another name":
                folder.Show(authority.Issue("another-cluster"));
                break;
            case "only for servers":
                folder.Show(authority.Issue(usages: [TestAuthority.ServerUsage]));
                break;
            case "too large":
                File.WriteAllText(folder.CertificateFile, new string(' ', 1024 * 1024) + File.ReadAllText(folder.CertificateFile));
                break;
            case "no CA":
                File.WriteAllText(folder.CaFile, "");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }
    }

    private X509Certificate2? Certificate(string of, string anotherUse) => of switch
    {
        "no certificate" => null,
        "another CA" => new TestAuthority(now).Issue(),
        "self-signed" => SelfSigned(),
        "expired" => authority.Issue(days: -80, until: -1),
        "not yet valid" => authority.Issue(days: 1),
        "another name" => authority.Issue("another-cluster"),
        "a name below" => authority.Issue("silo.engage-center"),
        "a wildcard" => authority.Issue("*"),
        "only a common name" => authority.Issue(name: null),
        "not for this use" => authority.Issue(usages: [anotherUse]),
        _ => throw new ArgumentOutOfRangeException(nameof(of), of, null),
    };

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=engage-center", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("engage-center");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private ClusterCertificates Certificates(params Dictionary<string, string>[] settings)
    {
        var configuration = new ConfigurationBuilder();
        foreach (var some in settings.Length > 0 ? settings : [folder.Settings()])
        {
            configuration.AddInMemoryCollection(some!);
        }

        return new(ClusterTlsOptions.Read(configuration.Build()), time, log);
    }

    private static SslClientAuthenticationOptions Outbound(ClusterCertificates certificates)
    {
        var tls = certificates.Outbound;
        var authentication = new TlsClientAuthenticationOptions { EnabledSslProtocols = tls.SslProtocols };
        tls.OnAuthenticateAsClient!(null!, authentication);
        var options = (SslClientAuthenticationOptions)authentication.SslClientAuthenticationOptions;
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => certificate is X509Certificate2 shown && tls.RemoteCertificateValidation!(shown, chain, errors);
        return options;
    }

    private static SslServerAuthenticationOptions Inbound(ClusterCertificates certificates)
    {
        var tls = certificates.Inbound;
        var authentication = new TlsServerAuthenticationOptions { EnabledSslProtocols = tls.SslProtocols };
        tls.OnAuthenticateAsServer!(null!, authentication);
        var options = (SslServerAuthenticationOptions)authentication.SslServerAuthenticationOptions;
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => certificate is X509Certificate2 shown && tls.RemoteCertificateValidation!(shown, chain, errors);
        return options;
    }

    /// <summary>A client that accepts every server.</summary>
    private static SslClientAuthenticationOptions Anybody(X509Certificate2? certificate) => new()
    {
        TargetHost = "engage-center",
        ApplicationProtocols = [new("Orleans1")],
        ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
    };

    /// <summary>A server that accepts every client.</summary>
    private static SslServerAuthenticationOptions Server(X509Certificate2 certificate) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
    };

    private static Task<(Exception? Server, Exception? Client)> Handshake(ClusterCertificates server, SslClientAuthenticationOptions client) =>
        Handshake(Inbound(server), client);

    private static async Task<(Exception? Server, Exception? Client)> Handshake(SslServerAuthenticationOptions server, SslClientAuthenticationOptions client)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var connecting = new TcpClient();
        var accepting = listener.AcceptTcpClientAsync();
        await connecting.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var accepted = await accepting;
        client.ApplicationProtocols ??= [];
        var (serves, asks) = (
            Outcome(accepted, stream => stream.AuthenticateAsServerAsync(server)),
            Outcome(connecting, stream => stream.AuthenticateAsClientAsync(client)));
        return (await serves.WaitAsync(bound), await asks.WaitAsync(bound));
    }

    // The side that fails closes the connection, so that the other side does not wait.
    private static async Task<Exception?> Outcome(TcpClient connection, Func<SslStream, Task> authenticate)
    {
        await using var stream = new SslStream(connection.GetStream());
        try
        {
            await authenticate(stream);
            return null;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return e;
        }
    }

    private async Task<string> Shown(ClusterCertificates certificates, string name = "engage-center")
    {
        string? shown = null;
        var client = Anybody(authority.Issue(name, until: 200));
        client.RemoteCertificateValidationCallback = (_, certificate, _, _) => (shown = Thumbprint((X509Certificate2)certificate!)) is not null;
        await Handshake(certificates, client);
        return shown!;
    }

    private static X509Certificate2 Persistable(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.PersistKeySet);

    private static string Thumbprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    private sealed class LogLines : ILogger<ClusterCertificates>
    {
        private readonly Channel<string> lines = Channel.CreateUnbounded<string>();
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

        public async Task Says(string beginning)
        {
            while (!(await lines.Reader.ReadAsync().AsTask().WaitAsync(bound)).StartsWith(beginning, StringComparison.Ordinal))
            {
            }
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = $"{logLevel}: {formatter(state, exception)}";
            lock (written)
            {
                written.Add(line);
            }

            lines.Writer.TryWrite(line);
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;
    }
}
