using System.CommandLine;
using EngageCenter.Client.Models;

namespace EngageCenter.Cli.Access;

/// <summary>Reads names of the API that a person typed. Upper and lower case are equal.</summary>
internal static class Names
{
    public static IReadOnlyList<string> Permissions { get; } = Enum.GetNames<CheckRequest_permissions>();

    public static IReadOnlyList<string> GroupRoles { get; } = Enum.GetNames<PutGroupRequest_roles>();

    /// <exception cref="EngageException">The name is unknown.</exception>
    public static T Of<T>(string typed, string what)
        where T : struct, Enum =>
        !int.TryParse(typed, out _) && Enum.TryParse<T>(typed, ignoreCase: true, out var value) && Enum.IsDefined(value)
            ? value
            : throw EngageException.Wrong($"'{Output.Clean.Line(typed)}' is no {what}. There are: {string.Join(", ", Enum.GetNames<T>())}.");

    public static T? Optional<T>(string? typed, string what)
        where T : struct, Enum => typed is null ? null : Of<T>(typed, what);

    public static TSymbol Complete<TSymbol>(TSymbol symbol, IEnumerable<string> names)
        where TSymbol : Symbol
    {
        string[] all = [.. names];
        (symbol switch
        {
            Option option => option.CompletionSources,
            Argument argument => argument.CompletionSources,
            _ => throw new NotSupportedException($"{symbol} takes no value."),
        }).Add(all);
        return symbol;
    }
}
