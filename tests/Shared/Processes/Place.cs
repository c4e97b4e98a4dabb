using System.Net;

namespace EngageCenter;

/// <summary>Where a process runs: on loopback, or in a network namespace with its own address.</summary>
internal sealed record Place(IPAddress Address, string? NetworkNamespace = null)
{
    public static Place Loopback { get; } = new(IPAddress.Loopback);

    /// <summary>Returns the command that runs a program there. It replaces itself by the program, so the process id is the program's.</summary>
    public (string Program, IEnumerable<string> Arguments) Command(string program, IEnumerable<string> arguments) =>
        NetworkNamespace is null ? (program, arguments) : ("ip", ["netns", "exec", NetworkNamespace, program, .. arguments]);
}
