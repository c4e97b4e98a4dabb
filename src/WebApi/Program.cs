using EngageCenter;
using EngageCenter.WebApi;

Culture.UseInvariant();
var builder = WebApplication.CreateBuilder(args);
builder.AddTelemetry("engage-center-web").AddShutdown();
builder.AddEngageCenterWebApi();
builder.AddOrleansClient();

var app = builder.Build();
app.MapEngageCenterWebApi();
return await app.RunToEndAsync();
