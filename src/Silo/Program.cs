using EngageCenter;
using EngageCenter.Storage;

Culture.UseInvariant();
return await HostProgram.RunAsync(Compose, e => e is StorageFileException or OrleansConfigurationException);

WebApplication Compose()
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddTelemetry("engage-center-silo").AddShutdown();
    builder.AddEngageCenterSilo();
    builder.WebHost.UseUrls(Settings.RequireAddresses("Silo:Url", builder.Configuration["Silo:Url"] ?? "http://localhost:8082"));

    var app = builder.Build();
    app.MapSiloHealth();
    return app;
}
