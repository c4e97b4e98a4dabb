using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// A network namespace for each of some processes. Each has a link to this machine, which routes between them, and what
/// passes between two of them can be cut. Linux, root, and the program <c>ip</c>.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private const string Forwarding = "/proc/sys/net/ipv4/ip_forward";
    private static readonly TimeSpan commandBound = TimeSpan.FromSeconds(20);

    // Of the private addresses, some that hardly anybody uses; two runs on one machine differ.
    private static readonly int net = 200 + (Environment.ProcessId % 50);

    private readonly List<Place> places = [];
    private readonly List<(Place From, Place To)> cuts = [];
    private string? forwarding;

    public static bool IsPossible =>
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && new[] { "/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip" }.Any(File.Exists);

    public static async Task<Network> Create(int count)
    {
        var network = new Network();
        try
        {
            network.forwarding = await File.ReadAllTextAsync(Forwarding);
            await File.WriteAllTextAsync(Forwarding, "1");
            for (var n = 1; n <= count; n++)
            {
                await network.Add(n);
            }

            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public Place this[int n] => places[n];

    /// <summary>From now on what the two send each other goes nowhere. Connections stay open, and stand still.</summary>
    public async Task Cut(Place one, Place other)
    {
        foreach (var (from, to) in new[] { (one, other), (other, one) })
        {
            await Ip("rule", "add", "from", $"{from.Address}", "to", $"{to.Address}", "blackhole");
            cuts.Add((from, to));
        }
    }

    /// <summary>Whether anything of the one's arrives at the other: what is not cut refuses at once, since nobody listens on that port.</summary>
    public static async Task<bool> Reaches(Place one, Place other)
    {
        const int GaveUp = 124;
        await using var probe = ProgramProcess.Of(one, "timeout", Path.GetTempPath(), "2", "bash", "-c", $"< /dev/tcp/{other.Address}/1");
        return await probe.Ended() != GaveUp;
    }

    public async Task Heal()
    {
        foreach (var (from, to) in cuts.ToList())
        {
            await Ip("rule", "del", "from", $"{from.Address}", "to", $"{to.Address}", "blackhole");
            cuts.Remove((from, to));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Heal();

        // Its link goes with a namespace.
        foreach (var place in places.ToList())
        {
            await Ip("netns", "del", place.NetworkNamespace!);
            places.Remove(place);
        }

        if (forwarding is not null)
        {
            await File.WriteAllTextAsync(Forwarding, forwarding);
        }
    }

    private async Task Add(int n)
    {
        var (name, link) = ($"engage-center-{Environment.ProcessId}-{n}", $"ec{Environment.ProcessId}-{n}");
        var (here, there) = (Address(n, 1), Address(n, 2));
        await Ip("netns", "add", name);
        places.Add(new(there, name));
        await Ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
        await Ip("address", "add", $"{here}/30", "dev", link);
        await Ip("link", "set", link, "up");
        await Ip("-n", name, "address", "add", $"{there}/30", "dev", "eth0");
        await Ip("-n", name, "link", "set", "lo", "up");
        await Ip("-n", name, "link", "set", "eth0", "up");
        await Ip("-n", name, "route", "add", "default", "via", $"{here}");
    }

    private static IPAddress Address(int n, int host) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{net}.{n}.{host}"));

    private static async Task Ip(params string[] arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        using var bound = new CancellationTokenSource(commandBound);
        var errors = await ip.StandardError.ReadToEndAsync(bound.Token);
        await ip.WaitForExitAsync(bound.Token);
        if (ip.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {errors}");
        }
    }
}
