using System.Net;

namespace EngageCenter;

/// <summary>Where a process runs: on loopback, or in a network namespace with an address of its own.</summary>
internal sealed record Place(IPAddress Address, string? NetworkNamespace = null)
{
    public static Place Loopback { get; } = new(IPAddress.Loopback);

    /// <summary>The command that runs a program there. Its process is the program's own.</summary>
    public (string Program, IEnumerable<string> Arguments) Command(string program, IEnumerable<string> arguments) =>
        NetworkNamespace is null ? (program, arguments) : ("ip", ["netns", "exec", NetworkNamespace, program, .. arguments]);
}
