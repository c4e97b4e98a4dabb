using EngageCenter.AppHost;

// Starts a cluster on this machine with .NET Aspire: LocalEntra, silos, web nodes, the portal, Redis and Azurite, and
// Aspire's dashboard with the logs, traces and metrics of all of them. Everything listens on loopback.
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
{
    Args = args,
    AllowUnsecuredTransport = true,
    DashboardApplicationName = "EngageCenter",
});
try
{
    new Cluster(builder).Add();
}
catch (AppHostException refused)
{
    await Console.Error.WriteLineAsync(refused.Message);
    return 1;
}

await builder.Build().RunAsync();
return 0;
