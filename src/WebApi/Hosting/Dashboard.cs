using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using Orleans.Dashboard;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// Serves Orleans' dashboard at <c>/dashboard</c>, which shows the silos and what their grains do. It is off unless
/// <c>Dashboard:Enabled</c> is set, on the silos too. Its pages and its data are only for applications with the app role
/// <see cref="AppRole"/>.
/// </summary>
internal static class Dashboard
{
    public const string AppRole = "Dashboard.Read.All";

    private const string Path = "/dashboard";

    public static bool IsEnabled(IConfiguration configuration) => configuration.GetValue<bool>("Dashboard:Enabled");

    public static void MapDashboard(this IEndpointRouteBuilder routes) => routes.MapOrleansDashboard(Path)
        .RequireApplication(AppRole)
        .ExcludeFromDescription()
        // The state of grains belongs to customers, and is not needed to operate a cluster.
        .AddEndpointFilter((call, next) => call.HttpContext.Request.Path.StartsWithSegments($"{Path}/GrainState")
            ? ValueTask.FromResult<object?>(Problems.NotFound.Answer())
            : next(call));
}
