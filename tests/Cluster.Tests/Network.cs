using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// Network namespaces for processes. Each has a link to this machine, which routes between them, so that the traffic between two
/// of them can be cut. Needs Linux, root, and the program <c>ip</c>.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private const string Forwarding = "/proc/sys/net/ipv4/ip_forward";
    private static readonly TimeSpan commandBound = TimeSpan.FromSeconds(20);

    // Rarely used private addresses. They depend on the process id, so that two runs on one machine differ.
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

    /// <summary>Cuts the traffic between two places. Connections stay open but nothing arrives.</summary>
    public async Task Cut(Place one, Place other)
    {
        foreach (var (from, to) in new[] { (one, other), (other, one) })
        {
            await Ip("rule", "add", "from", $"{from.Address}", "to", $"{to.Address}", "blackhole");
            cuts.Add((from, to));
        }
    }

    /// <summary>Whether traffic from one place arrives at the other. If it does, the connection is refused at once, because nobody listens on that port.</summary>
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

        // Deleting a namespace deletes its link.
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
