using EngageCenter;
using EngageCenter.WebApi;

Culture.UseInvariant();
return await HostProgram.RunAsync(Compose, e => e is OrleansConfigurationException);

WebApplication Compose()
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddTelemetry("engage-center-web").AddShutdown();
    builder.AddEngageCenterWebApi();
    builder.AddOrleansClient();

    var app = builder.Build();
    app.MapEngageCenterWebApi();
    return app;
}
