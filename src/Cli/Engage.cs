using System.CommandLine;
using System.CommandLine.Invocation;
using EngageCenter.Cli.Access;
using EngageCenter.Cli.Agreements;
using EngageCenter.Cli.Audit;
using EngageCenter.Cli.Cases;
using EngageCenter.Cli.Completions;
using EngageCenter.Cli.Output;
using EngageCenter.Cli.Session;
using EngageCenter.Cli.Workspaces;

namespace EngageCenter.Cli;

/// <summary>The command <c>engage</c>.</summary>
internal sealed class Engage(Surroundings around)
{
    private static readonly TimeSpan interruptBound = TimeSpan.FromSeconds(5);

    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public async Task<int> InvokeAsync(string[] args, CancellationToken stop = default)
    {
        var parsed = Root().Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var mistake in parsed.Errors)
            {
                await around.Error.WriteLineAsync(mistake.Message);
            }

            await around.Error.WriteLineAsync($"'engage {Named(parsed.CommandResult.Command)}--help' says how it is used.");
            return ExitCodes.Wrong;
        }

        try
        {
            return await parsed.InvokeAsync(new() { Output = around.Out, Error = around.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = interruptBound }, stop);
        }
        catch (IOException unread) when (StandardOutput.IsClosed(unread))
        {
            return ExitCodes.Unread;
        }
        catch (Exception fault) when (Failures.Of(fault) is { } failure)
        {
            await around.Error.WriteLineAsync(failure.Message);
            return failure.Code;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }

    private RootCommand Root()
    {
        var options = new CommonOptions();
        var root = new RootCommand("EngageCenter on the command line: workspaces, who may do what, support cases, agreements.")
        {
            options.Json, options.Workspace,
        };
        var commands = new Commands(around, options);
        LoginCommands.AddTo(root, commands);
        WorkspaceCommands.AddTo(root, commands);
        AccessCommands.AddTo(root, commands);
        UserCommands.AddTo(root, commands);
        GroupCommands.AddTo(root, commands);
        CaseCommands.AddTo(root, commands);
        InsightsCommand.AddTo(root, commands);
        ExportCommands.AddTo(root, commands);
        AuditCommands.AddTo(root, commands);
        AgreementCommands.AddTo(root, commands);
        CompletionCommand.AddTo(root, commands);
        return root;
    }

    private static string Named(Command command) => command is RootCommand ? "" : $"{string.Join(' ', Path(command))} ";

    private static IEnumerable<string> Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault(p => p is not RootCommand) is { } parent ? [.. Path(parent), command.Name] : [command.Name];
}

/// <summary>The options of every command.</summary>
internal sealed class CommonOptions
{
    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON, for programs.", Recursive = true };

    public Option<string?> Workspace { get; } = new("--workspace", "-w") { Description = "The id or name of a workspace, instead of the one in use.", Recursive = true };
}

/// <summary>Makes commands whose actions get a <see cref="Call"/>.</summary>
internal sealed class Commands(Surroundings around, CommonOptions options)
{
    public Command Add(Command to, string name, string description, Func<Call, Task<int>> action, params IEnumerable<Symbol> symbols)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    command.Add(option);
                    break;
                case Argument argument:
                    command.Add(argument);
                    break;
                default:
                    throw new NotSupportedException($"A command takes no {symbol}.");
            }
        }

        command.SetAction((parsed, stop) => action(new Call(around, options, parsed, stop)));
        to.Add(command);
        return command;
    }
}
