using EngageCenter.DevHost;

// A silo, the web API and a stand-in for Entra ID in one process, for a developer's machine. Everything listens on
// loopback, and everything acknowledged is on disk.
try
{
    await using var host = await DevelopmentHost.Start(args);
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
catch (Exception e) when (DevelopmentHost.Refusal(e) is { } refusal)
{
    await Console.Error.WriteLineAsync(refusal);
    return 1;
}
