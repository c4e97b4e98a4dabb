using System.Reflection;
using EngageCenter;
using EngageCenter.WebApi;
using Microsoft.Extensions.DependencyInjection.Extensions;

Culture.UseInvariant();
return await HostProgram.RunAsync(Compose, e => e is OrleansConfigurationException);

WebApplication Compose()
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddTelemetry("engage-center-web").AddShutdown();
    builder.AddEngageCenterWebApi();
    builder.AddOrleansClient();

    // src/Client has the OpenAPI document written when it is built, by a tool that starts this program: without a silo and
    // without an issuer, and nothing is meant to look for them.
    if (Assembly.GetEntryAssembly()?.GetName().Name == "GetDocument.Insider")
    {
        builder.Services.RemoveAll<IHostedService>();
    }

    var app = builder.Build();
    app.MapEngageCenterWebApi();
    return app;
}
