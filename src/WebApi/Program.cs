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

    // The build of src/Client starts this program with a tool that writes the OpenAPI document. There is no silo and no
    // issuer then, so the services that would look for them are removed.
    if (Assembly.GetEntryAssembly()?.GetName().Name == "GetDocument.Insider")
    {
        builder.Services.RemoveAll<IHostedService>();
    }

    var app = builder.Build();
    app.MapEngageCenterWebApi();
    return app;
}
