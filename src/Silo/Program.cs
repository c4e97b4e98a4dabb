using EngageCenter;
using EngageCenter.Storage;

var builder = WebApplication.CreateBuilder(args);
builder.AddEngageCenterSilo();
builder.WebHost.UseUrls(builder.Configuration["Silo:Url"] ?? "http://localhost:8082");

var app = builder.Build();
app.MapSiloHealth();
try
{
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (e is StorageFileException or IOException)
{
    // The host has logged it; a crash would only print it again.
    return 1;
}
