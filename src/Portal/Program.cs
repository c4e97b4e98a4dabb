using EngageCenter;
using EngageCenter.Portal;

Culture.UseInvariant();
return await HostProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddTelemetry("engage-center-portal").AddShutdown();
    builder.AddEngageCenterPortal();
    return builder.Build().MapEngageCenterPortal();
});
