using System.Runtime.InteropServices;
using EngageCenter;
using EngageCenter.Door;

// What does an authenticated permission check cost over HTTP? It is compared in one run, in turns, with servers that do less and
// with another product that does the same. Other work on the machine slows all of them, so only the ratios count.
switch (args)
{
    case ["serve", "bare", var url]:
        await BareServer.RunAsync(url);
        return 0;
    case ["serve", "pipeline", var url]:
        await PipelineServer.RunAsync(url);
        return 0;
}

var areFirst = args is ["first", ..];
DoorSettings settings;
try
{
    settings = DoorSettings.Read(areFirst ? args[1..] : args);
}
catch (ArgumentException unusable)
{
    await Console.Error.WriteLineAsync(unusable.Message);
    return 2;
}

// If the run is interrupted, everything that it started is ended as well.
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var folder = new TempFolder();
await using var servers = new Servers(folder, settings);
string report;
try
{
    if (areFirst)
    {
        report = await FirstSignIns.RunAsync(servers, settings).WaitAsync(stop.Token);
    }
    else
    {
        var contestants = await servers.StartAsync().WaitAsync(stop.Token);
        report = Report.Of(contestants, await Rounds.RunAsync(contestants, settings).WaitAsync(stop.Token), settings);
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Ended before it was done.");
    return 1;
}
catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or System.Net.Sockets.SocketException)
{
    // Caught here so that everything that was started is ended.
    await Console.Error.WriteLineAsync($"{fault}");
    return 1;
}

Console.WriteLine(report);
if (settings.Output is { } file)
{
    await File.WriteAllTextAsync(file, report);
}

return 0;

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
