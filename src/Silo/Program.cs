using EngageCenter;
using EngageCenter.Storage;

// Runs a silo. With 'check', checks the store instead, without starting a silo.
Culture.UseInvariant();
if (args is ["check", .. var settings])
{
    return await HostProgram.RunCommandAsync(
        async () =>
        {
            var builder = WebApplication.CreateBuilder(settings);
            builder.AddEngageCenterSilo();
            await using var app = builder.Build();
            return await StoreCheckCommand.RunAsync(app.Services, Console.Out, Console.Error);
        },
        e => e is StorageFileException or OrleansConfigurationException or System.Data.Common.DbException or TimeoutException or RowRefusedException);
}

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
