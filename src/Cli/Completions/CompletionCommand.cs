using System.CommandLine;

namespace EngageCenter.Cli.Completions;

/// <summary>Prints the script that makes a shell complete commands, options and values. Each script calls this program.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _engage() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(engage "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -F _engage engage
        """;

    private const string Zsh = """
        #compdef engage
        _engage() {
          local -a words_of_engage
          words_of_engage=("${(@f)$(engage "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          compadd -- $words_of_engage
        }
        compdef _engage engage
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName engage -ScriptBlock {
          param($word, $line, $position)
          engage "[suggest:$position]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
          }
        }
        """;

    public static void AddTo(RootCommand root, Commands commands)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or pwsh." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "pwsh");
        commands.Add(root, "completion", "Prints what a shell runs for completions: eval \"$(engage completion bash)\".", async call =>
        {
            await call.Printer.LineAsync(call.Get(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => PowerShell,
            });
            return ExitCodes.Ok;
        }, shell);
    }
}
