using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace EngageCenter.Door;

/// <summary>
/// The least that ASP.NET Core needs for a check: authentication with a remembered token, a rate limit for each caller,
/// authorization, a typed body, and an answer from memory. It accepts every token, so it is only for this benchmark.
/// </summary>
internal static class PipelineServer
{
    private const string Scheme = "Remembered";

    public static async Task RunAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders();
        builder.Services.AddAuthentication(Scheme).AddScheme<AuthenticationSchemeOptions, RememberedTokens>(Scheme, null);
        builder.Services.AddAuthorization();
        builder.Services.AddRateLimiter(limiter => limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
            RateLimitPartition.GetTokenBucketLimiter(http.User.Identity?.Name ?? "", _ => new()
            {
                TokenLimit = 10_000,
                TokensPerPeriod = 2_000,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            })));
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, PipelineJson.Default));

        await using var app = builder.Build();
        app.UseRouting();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        ImmutableArray<PipelineReason> because = [new("SupportUser", "EntraGroup", "c0000000-0000-4000-8000-000000000206")];
        app.MapPost("/v1/workspaces/{id}/permissions/check", (string id, PipelineRequest request) => new PipelineResponse(
            [.. request.Permissions.Select(p => p == "ViewSupportInsights" ? new PipelineResult(p, true, because) : new PipelineResult(p, false, []))], id.Length)).RequireAuthorization();
        await app.RunAsync();
    }

    private sealed class RememberedTokens(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        // Has at most one entry for each person of a run.
        private static readonly ConcurrentDictionary<Key, AuthenticateResult> known = new();

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var token = Request.Headers.Authorization.ToString();
            if (token.Length == 0)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            var key = new Key(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]));
            return Task.FromResult(known.TryGetValue(key, out var result) ? result : known.GetOrAdd(key, _ => AuthenticateResult.Success(new(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token))))], Scheme.Name)), Scheme.Name))));
        }

        private readonly record struct Key(ulong First, ulong Second);
    }
}

internal sealed record PipelineRequest(ImmutableArray<string> Permissions);

internal sealed record PipelineResponse(ImmutableArray<PipelineResult> Results, long Epoch);

internal sealed record PipelineResult(string Permission, bool Allowed, ImmutableArray<PipelineReason> Because);

internal sealed record PipelineReason(string Role, string Source, string? SourceId);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PipelineRequest))]
[JsonSerializable(typeof(PipelineResponse))]
internal sealed partial class PipelineJson : JsonSerializerContext;
