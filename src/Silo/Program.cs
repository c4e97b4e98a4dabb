using EngageCenter;
using EngageCenter.Storage;

Culture.UseInvariant();
var builder = WebApplication.CreateBuilder(args);
builder.AddTelemetry("engage-center-silo").AddShutdown();
builder.AddEngageCenterSilo();
builder.WebHost.UseUrls(builder.Configuration["Silo:Url"] ?? "http://localhost:8082");

var app = builder.Build();
app.MapSiloHealth();
try
{
    return await app.RunToEndAsync();
}
catch (Exception e) when (e is StorageFileException or IOException)
{
    // The host has logged it; a crash would only print it again.
    return 1;
}
