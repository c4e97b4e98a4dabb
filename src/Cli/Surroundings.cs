using System.Diagnostics;
using EngageCenter.Cli.Output;

namespace EngageCenter.Cli;

/// <summary>What a command finds around it: the terminal, the environment, the clock. Tests bring their own.</summary>
internal sealed record Surroundings
{
    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Somebody may answer questions.</summary>
    public bool IsInTerminal { get; init; }

    /// <summary>Somebody reads what comes, with colours; else a program or a file.</summary>
    public bool IsOutTerminal { get; init; }

    public bool IsErrorTerminal { get; init; }

    /// <summary>An environment variable; null if it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Shows a page to the person.</summary>
    public Func<Uri, Task> OpenBrowser { get; init; } = OpenInSystem;

    /// <summary>What connects to the service, if not the usual one.</summary>
    public Func<HttpMessageHandler>? Connection { get; init; }

    /// <summary>The folder where one command keeps what the next one needs: settings, tokens, and how far an import came.</summary>
    public string Home => Variable("ENGAGE_HOME") is { Length: > 0 } home
        ? Path.GetFullPath(home)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.Create), "engage-center");

    /// <summary>Whether a browser can be shown here: not in a session from another machine, nor without a desktop.</summary>
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

    /// <summary>A variable that is set to something.</summary>
    public string? Set(string name) => Variable(name) is { Length: > 0 } value ? value : null;

    private static Task OpenInSystem(Uri page)
    {
        using var opened = Process.Start(new ProcessStartInfo(page.AbsoluteUri) { UseShellExecute = true });
        return Task.CompletedTask;
    }
}
