using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.StackExchangeRedis;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Identity.Web.TokenCacheProviders.Distributed;
using Microsoft.Identity.Web.TokenCacheProviders.InMemory;
using StackExchange.Redis;

namespace EngageCenter.Portal.SignIn;

/// <summary>Redis does not answer, so no session can be read or kept.</summary>
internal sealed class SessionsUnavailableException(Exception inner) : Exception("Sessions cannot be read or kept now.", inner);

/// <summary>
/// Stores what sessions consist of: people's tokens, and the keys of their cookies. With Redis all nodes of a portal share them,
/// so a session continues if its node is lost. Without Redis they are in the memory of this process.
/// </summary>
internal static class Sessions
{
    /// <summary>A session ends after this time without a request.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromHours(8);

    private const string Prefix = "engage-center-portal:";

    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    public static void AddSessions(this IServiceCollection services, PortalSessionOptions options)
    {
        if (options.Redis is not { } address)
        {
            services.AddInMemoryTokenCaches();
            services.KeepNoKeys();
            return;
        }

        var certificate = Certificate(options.CertificateFile!, options.KeyFile!);
        X509Certificate2[] readers = options.PreviousCertificateFile is { } previous ? [certificate, Certificate(previous, options.PreviousKeyFile!)] : [certificate];

        // A node starts even if Redis does not answer, and works when Redis is back.
        services.AddSingleton<IConnectionMultiplexer>(_ =>
        {
            var connection = ConfigurationOptions.Parse(address);
            connection.AbortOnConnectFail = false;
            return ConnectionMultiplexer.Connect(connection);
        });

        services.AddDataProtection().SetApplicationName("engage-center-portal").ProtectKeysWithCertificate(certificate).UnprotectKeysWithAnyCertificate(readers);
        services.AddOptions<KeyManagementOptions>().Configure<IConnectionMultiplexer>((keys, connection) =>
            keys.XmlRepository = new RedisXmlRepository(() => connection.GetDatabase(), $"{Prefix}keys"));

        services.AddDistributedTokenCaches();
        services.AddStackExchangeRedisCache(_ => { });
        services.AddOptions<RedisCacheOptions>().Configure<IConnectionMultiplexer>((cache, connection) =>
        {
            cache.InstanceName = Prefix;
            cache.ConnectionMultiplexerFactory = () => Task.FromResult(connection);
        });
        services.Configure<MsalDistributedTokenCacheAdapterOptions>(tokens =>
        {
            // Encrypted, so that somebody who can read Redis gets no tokens. Not cached in memory, because a node would miss tokens that another node has renewed.
            tokens.Encrypt = true;
            tokens.DisableL1Cache = true;
            tokens.SlidingExpiration = Length;

            // By default, a token that cannot be read counts as missing, and people would be sent to sign in again and again.
            tokens.OnL2CacheFailure = failure => throw new SessionsUnavailableException(failure);
        });
    }

    private static X509Certificate2 Certificate(string certificateFile, string keyFile)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            return certificate.GetRSAPrivateKey() is not null
                ? certificate
                : throw new SettingException($"The certificate in {certificateFile} must have an RSA key, which the keys in Redis are protected with.");
        }
        catch (Exception unusable) when (unusable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"The certificate in {certificateFile} and its key in {keyFile} cannot be read: {unusable.Message}", unusable);
        }
    }
}
