using EngageCenter;
using EngageCenter.DevHost;

// A silo, the web API and a stand-in for Entra ID in one process, for a developer's machine. Everything listens on
// loopback, and everything acknowledged is on disk.
//
// 'sample ENTRA SERVICE', two addresses, sets the sample organization up in a service that runs elsewhere, and ends.
Culture.UseInvariant();
if (args is ["sample", var entra, var service])
{
    try
    {
        if (await Sample.SetUp(new Uri(entra), new Uri(service)))
        {
            return 0;
        }

        await Console.Error.WriteLineAsync("The directory is not the sample's, so the sample organization is not set up.");
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
        var isSample = await Sample.SetUp(host);
        Console.WriteLine(Welcome.To(host, isSample));
    }
    catch (Exception) when (host.Stopping.IsCancellationRequested)
    {
        // The next start goes on with the sample.
    }

    await host.Completion;
    return 0;
}
catch (Exception e) when (!hasStarted && DevelopmentHost.Refusal(e) is { } refusal)
{
    await Console.Error.WriteLineAsync(refusal);
    return 1;
}
