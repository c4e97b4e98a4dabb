using EngageCenter.WebApi;

var builder = WebApplication.CreateBuilder(args);
builder.AddEngageCenterWebApi();
builder.AddOrleansClient();

var app = builder.Build();
app.MapEngageCenterWebApi();
await app.RunAsync();
