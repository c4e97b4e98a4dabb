using System.Diagnostics;
using EngageCenter.Cli.Output;

namespace EngageCenter.Cli;

/// <summary>What a command uses of its process: the terminal, the environment, the clock. Tests replace it.</summary>
internal sealed record Surroundings
{
    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Whether the input is a terminal, so that somebody can answer questions.</summary>
    public bool IsInTerminal { get; init; }

    /// <summary>Whether the output is a terminal. Otherwise it is a program or a file.</summary>
    public bool IsOutTerminal { get; init; }

    public bool IsErrorTerminal { get; init; }

    /// <summary>Returns an environment variable; null if it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Opens a page in the browser.</summary>
    public Func<Uri, Task> OpenBrowser { get; init; } = OpenInSystem;

    /// <summary>Creates another handler for connections to the service; null for the usual one.</summary>
    public Func<HttpMessageHandler>? Connection { get; init; }

    /// <summary>The folder for settings, tokens, and the progress of imports.</summary>
    public string Home => Variable("ENGAGE_HOME") is { Length: > 0 } home
        ? Path.GetFullPath(home)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.Create), "engage-center");

    /// <summary>Whether a browser can be opened: not in a session from another machine, and not without a desktop.</summary>
    public bool HasBrowser => IsOutTerminal && Set("SSH_CONNECTION") is null
        && (!OperatingSystem.IsLinux() || Set("DISPLAY") is not null || Set("WAYLAND_DISPLAY") is not null);

    public static Surroundings OfProcess() => new()
    {
        In = Console.In,
        Out = StandardOutput.Open(),
        Error = Console.Error,
        IsInTerminal = !Console.IsInputRedirected,
        IsOutTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>Returns an environment variable; null if it is not set or empty.</summary>
    public string? Set(string name) => Variable(name) is { Length: > 0 } value ? value : null;

    private static Task OpenInSystem(Uri page)
    {
        using var opened = Process.Start(new ProcessStartInfo(page.AbsoluteUri) { UseShellExecute = true });
        return Task.CompletedTask;
    }
}
