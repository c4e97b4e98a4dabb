using System.Collections.Concurrent;
using System.Text;

namespace EngageCenter.Cli.Tests;

/// <summary>A shell of somebody: their environment, their folder, and what a command prints.</summary>
internal sealed class Shell : IDisposable
{
    private readonly TempFolder home = new();

    /// <summary>A key that this shell alone knows, as docs/use/cli.md says.</summary>
    public ConcurrentDictionary<string, string> Variables { get; } = new() { ["ENGAGE_KEY"] = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=" };

    public string Home => home.Path;

    public string File(string name) => home.File(name);

    public Func<HttpMessageHandler>? Connection { get; set; }

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public bool IsTerminal { get; set; }

    public string Input { get; set; } = "";

    public Task<Said> RunAsync(params string[] args) => RunAsync(new SaidSoFar(), CancellationToken.None, args);

    /// <summary>The same, and what it says can be read while it runs.</summary>
    public async Task<Said> RunAsync(SaidSoFar said, CancellationToken interrupt, params string[] args)
    {
        var engage = new Engage(new Surroundings
        {
            In = new StringReader(Input),
            Out = said.Out,
            Error = said.Error,
            IsInTerminal = IsTerminal,
            IsOutTerminal = IsTerminal,
            Variable = name => name == "ENGAGE_HOME" ? Path.Combine(Home, "engage") : Variables.GetValueOrDefault(name),
            Connection = Connection,
            Time = Time,
        });
        return new(await engage.InvokeAsync(args, interrupt).WaitAsync(TimeSpan.FromMinutes(1)), said.Written, said.Complained);
    }

    /// <summary>The real program in a process of its own, with the environment of this shell.</summary>
    public ProgramProcess Start(params string[] arguments) => ProgramProcess.Of(
        "env",
        Home,
        [$"ENGAGE_HOME={Path.Combine(Home, "engage")}", .. Variables.Select(v => $"{v.Key}={v.Value}"), Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(AppContext.BaseDirectory, "EngageCenter.Cli.dll"), .. arguments]);

    public void Dispose() => home.Dispose();
}

/// <summary>What a command has said until now.</summary>
internal sealed class SaidSoFar
{
    private readonly StringBuilder written = new();
    private readonly StringBuilder complained = new();

    public SaidSoFar() => (Out, Error) = (TextWriter.Synchronized(new StringWriter(written)), TextWriter.Synchronized(new StringWriter(complained)));

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    // Such a writer locks itself while it writes.
    public string Written
    {
        get
        {
            lock (Out)
            {
                return written.ToString();
            }
        }
    }

    public string Complained
    {
        get
        {
            lock (Error)
            {
                return complained.ToString();
            }
        }
    }
}

internal sealed record Said(int Code, string Out, string Error)
{
    public Said With(int code)
    {
        Assert.True(Code == code, $"{Code} instead of {code}: {this}");
        return this;
    }

    public System.Text.Json.Nodes.JsonNode Json => System.Text.Json.Nodes.JsonNode.Parse(Out)!;

    public override string ToString() => $"Out:\n{Out}\nError:\n{Error}";
}
