using System.Diagnostics.Metrics;
using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Activities;
using EngageCenter.WebApi.Agreements;
using EngageCenter.WebApi.Assessments;
using EngageCenter.WebApi.AuthZen;
using EngageCenter.WebApi.Directories;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Hosting;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Learning;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.WebApi.Support;
using EngageCenter.WebApi.Users;
using EngageCenter.WebApi.Workspaces;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EngageCenter.WebApi;

/// <summary>
/// Composes the web API. From Orleans it needs only an <see cref="IGrainFactory"/>, so it works with a client of a cluster
/// and with a silo in the same process.
/// </summary>
public static class WebApiHost
{
    /// <summary>The tag of the checks that <c>/health/ready</c> runs.</summary>
    public const string ReadyTag = "web-ready";

    /// <summary>
    /// Adds everything except the connection to the grains, for a host that listens at <see cref="WebApiOptions.Url"/>.
    /// </summary>
    /// <exception cref="SettingException">A setting is not usable; the message says which and why.</exception>
    public static WebApplicationBuilder AddEngageCenterWebApi(this WebApplicationBuilder builder)
    {
        var options = WebApiOptions.Read(builder.Configuration);
        builder.WebHost.UseUrls(options.Url);
        builder.WebHost.ConfigureKestrel(kestrel => KestrelLimits.Apply(kestrel, options));
        builder.WebHost.UseSockets(KestrelLimits.Apply);
        builder.AddServices(options);
        return builder;
    }

    /// <summary>Maps the middleware and every endpoint.</summary>
    public static WebApplication MapEngageCenterWebApi(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<WebApiOptions>();
        app.UseKnownProxies($"{WebApiOptions.Section}:{nameof(WebApiOptions.KnownProxies)}", options.Proxies());
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<HeadRequests>();
        app.UseExceptionHandler();
        app.UseStatusCodePages(bare => Problems.Of(bare.HttpContext.Response.StatusCode).Answer().ExecuteAsync(bare.HttpContext));
        app.UseMiddleware<ResponseHeaders>();
        app.UseRouting();
        app.UseAllowedOrigins(options);
        app.UseMiddleware<AddressLimit>();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseMiddleware<RequestLimits>();
        app.UseAuthorization();

        var api = app.MapChecked();
        api.MapRoles();
        api.MapAgreements();
        api.MapMe();
        api.MapWorkspaces();
        api.MapAccountTeam();
        api.MapPermissions();
        api.MapWorkspaceUsers();
        api.MapGroups();
        api.MapDirectory();
        api.MapSupportCases();
        api.MapSupportInsights();
        api.MapActivities();
        api.MapAssessments();
        api.MapRuns();
        api.MapRecommendations();
        api.MapCourses();
        api.MapLearning();
        api.MapAuthZen();
        app.MapProblems();
        app.MapOpenApiDocument(isForEverybody: options.AnonymousReference ?? app.Environment.IsDevelopment());
        app.MapHealth();
        if (Dashboard.IsEnabled(app.Configuration))
        {
            app.MapDashboard();
        }

        app.CheckDeclarations();

        return app;
    }

    private static void AddServices(this WebApplicationBuilder builder, WebApiOptions options)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<AccessMetrics>();
        services.TryAddSingleton<KnownIdsCache>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DecisionCache>(provider, options.Decisions.Max));
        var allowed = AllowedTenants.Read(builder.Configuration);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<AllowedTenants>(provider, allowed));
        services.AddSingleton<UserGrains>();
        services.AddSingleton<HomePage>();
        services.AddSingleton<AuditFeed>();
        services.AddSingleton(_ => options);
        services.AddSingleton<FailedTokens>();
        services.AddSingleton(provider => new AddressConnections(options.Connections(), provider.GetRequiredService<IMeterFactory>()));
        services.AddSingleton<NodeLimits>();
        services.AddSingleton<BodyPace>();
        services.AddSingleton<AnswerPace>();
        services.AddSingleton<Claimants>();
        services.ConfigureHttpJsonOptions(json => WireJson.Configure(json.SerializerOptions));
        services.AddExceptionHandler<Faults>();
        services.Configure<ExceptionHandlerOptions>(handler => handler.SuppressDiagnosticsCallback = _ => true);
        services.AddProblemDetails();
        services.AddRateLimits(options);
        services.AddSurroundings(options);
        services.AddOpenApiDocument();
        services.AddClusterHealth();
        builder.AddEntra(options);
        services.AddAccess();
        services.AddRequestChecks();
        services.KeepNoKeys();

        // At Information the framework logs the full address of each request, which contains what people search for.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // An invalid token is the client's error, and anybody can send many of them.
        builder.Logging.AddFilter("Microsoft.IdentityModel", LogLevel.Critical);
    }
}
