using EngageCenter;
using EngageCenter.DevHost;

// Runs a silo, the web API, a stand-in for Entra ID and the portal in one process on a developer's machine. Everything
// listens on loopback, and every acknowledged change is on disk.
//
// 'proxy URL NODE...' runs a reverse proxy on URL before the nodes, for ./cluster.
// 'sample ENTRA SERVICE' (two addresses) sets the sample organization up in a service that runs elsewhere, and exits.
Culture.UseInvariant();
if (args is ["proxy", var url, .. var nodes])
{
    // ./cluster gives each of its processes a mark behind all else.
    return await HostProgram.RunAsync(() => ReverseProxy.Compose(url, nodes.Where(node => !node.StartsWith("--", StringComparison.Ordinal))));
}

if (args is ["sample", var entra, var service])
{
    try
    {
        if (await Sample.SetUp(new Uri(entra), new Uri(service)))
        {
            return 0;
        }

        await Console.Error.WriteLineAsync("The sample organization was not set up, because LocalEntra does not use the sample directory.");
    }
    catch (Exception e) when (e is HttpRequestException or InvalidOperationException or UriFormatException)
    {
        await Console.Error.WriteLineAsync(e.Message);
    }

    return 1;
}

var hasStarted = false;
try
{
    await using var host = await DevelopmentHost.Start(args);
    hasStarted = true;
    try
    {
        var isSample = await host.SetUpSample();
        Console.WriteLine(Welcome.To(host, isSample));
    }
    catch (Exception) when (host.Stopping.IsCancellationRequested)
    {
        // The next start continues to set up the sample.
    }

    await host.Completion;
    return 0;
}
catch (Exception e) when (!hasStarted && DevelopmentHost.Refusal(e) is { } refusal)
{
    await Console.Error.WriteLineAsync(refusal);
    return 1;
}
