using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using Orleans.Dashboard;

namespace EngageCenter.WebApi.Hosting;

/// <summary>
/// Orleans' dashboard at <c>/dashboard</c>: which silos there are, and what their grains do. Off unless
/// <c>Dashboard:Enabled</c>, on the silos too; and for an application with the app role <see cref="AppRole"/> alone,
/// its pages as well as its data.
/// </summary>
internal static class Dashboard
{
    public const string AppRole = "Dashboard.Read.All";

    private const string Path = "/dashboard";

    public static bool IsEnabled(IConfiguration configuration) => configuration.GetValue<bool>("Dashboard:Enabled");

    public static void MapDashboard(this IEndpointRouteBuilder routes) => routes.MapOrleansDashboard(Path)
        .RequireApplication(AppRole)
        .ExcludeFromDescription()
        // What grains keep is their customers'. Whoever runs a cluster has no need to see it.
        .AddEndpointFilter((call, next) => call.HttpContext.Request.Path.StartsWithSegments($"{Path}/GrainState")
            ? ValueTask.FromResult<object?>(Problems.NotFound.Answer())
            : next(call));
}
