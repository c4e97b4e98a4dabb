using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EngageCenter.LocalEntra.Discovery;
using EngageCenter.LocalEntra.Graph;
using EngageCenter.LocalEntra.SignIn;
using EngageCenter.LocalEntra.SignIn.Pages;
using EngageCenter.LocalEntra.Tenants;
using EngageCenter.LocalEntra.Tokens;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EngageCenter.LocalEntra;

/// <summary>
/// Hosts a stand-in for Microsoft Entra ID, and for the part of Microsoft Graph that the project uses, on a developer's
/// machine and in tests. It uses Entra's protocol and paths, so an API runs its production authentication against it; only
/// the configuration differs. It trusts its callers: a person needs no password unless the directory sets one, and Graph
/// requires no token. Therefore it listens only on loopback, and starts only in the environment 'Development'.
/// </summary>
public static class LocalEntraHost
{
    /// <summary>
    /// Passed to a host as an argument, it turns off the watch for changed configuration. Configuration is read once, and the
    /// watch would cover everything below the working directory, where a store may be written all the time.
    /// </summary>
    public const string NoReload = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>
    /// Composes a host that is not started yet. <paramref name="configure"/> may add configuration, logging or a
    /// <see cref="TimeProvider"/>. After the start, <see cref="AddressesOf"/> returns its addresses; issuers start with the
    /// http address.
    /// </summary>
    /// <exception cref="LocalEntraConfigurationException">
    /// The environment, an option, the directory or the key is not usable; the message says which and why.
    /// </exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder([.. args, NoReload]);
        configure?.Invoke(builder);

        RefuseOutsideDevelopment(builder.Environment);
        var options = LocalEntraOptions.Read(builder.Configuration);
        builder.ListenOnLoopback(options);

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(EntraDirectory.Load(options, out var ignored));
        builder.Services.AddSingleton(SigningKey.Load(options));
        builder.Services.AddSingleton(services => HttpsCertificate.Load(options, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<TokenWriter>();
        builder.Services.AddSingleton<AccessTokens>();
        builder.Services.AddSingleton<IdTokens>();
        builder.Services.AddSingleton<Redemptions>();
        builder.Services.AddSingleton<SignIns>();
        builder.Services.AddSingleton<People>();
        builder.Services.AddSingleton<HtmlPages>();
        builder.Services.AddSingleton<GraphFaults>();
        builder.Services.AddSingleton<ApiScopes>();
        builder.Services.AddSingleton<Grants>();
        builder.Services.AddSingleton<IssueTimes>();
        builder.Services.AddSingleton<BaseAddress>();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks();

        // The program that runs the host reports why it does not start.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);

        var app = builder.Build();
        app.UseGraphFaults();
        app.MapDiscovery();
        app.MapTokens();
        app.MapSignIn();
        app.MapDeviceSignIn();
        app.MapGraph();
        app.MapGraphFaults();
        app.MapHealthChecks("/health/live");
        app.MapHealthChecks("/health/ready");
        if (!string.IsNullOrWhiteSpace(options.HttpsUrl))
        {
            // Loaded now, so that an unusable file is refused like any other setting.
            var certificate = app.Services.GetRequiredService<X509Certificate2>();
            app.MapGet("/https-certificate", () => Results.Text(certificate.ExportCertificatePem(), "application/x-pem-file"));
        }

        WarnOf(ignored, app.Logger);
        return app;
    }

    /// <summary>Returns where a started host listens, and how to trust its certificate.</summary>
    /// <exception cref="InvalidOperationException">The host has not started.</exception>
    public static LocalEntraAddresses AddressesOf(WebApplication entra)
    {
        var address = entra.Services.GetRequiredService<BaseAddress>();
        return address.Https is { } https
            ? new(new Uri(address.Value), new Uri(https), entra.Services.GetRequiredService<X509Certificate2>().GetCertHashString(HashAlgorithmName.SHA256))
            : new(new Uri(address.Value), Https: null, CertificateThumbprint: null);
    }

    private static void RefuseOutsideDevelopment(IHostEnvironment environment)
    {
        if (!environment.IsDevelopment())
        {
            throw new LocalEntraConfigurationException(
                $"LocalEntra issues tokens to anybody, so it runs only in the environment 'Development'; this environment is '{environment.EnvironmentName}'. Set ASPNETCORE_ENVIRONMENT=Development on a developer's machine, and use Microsoft Entra ID anywhere else.");
        }
    }

    private static void WarnOf(IReadOnlyList<string> ignored, ILogger logger)
    {
        foreach (var path in ignored)
        {
            logger.LogWarning("The directory contains the unknown member '{Path}', which is ignored", path);
        }
    }
}
