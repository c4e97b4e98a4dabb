using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Kiota.Abstractions.Serialization;
using Spectre.Console;

namespace EngageCenter.Cli.Output;

/// <summary>
/// Prints for people, or as JSON for programs. Redirected output has no colours, no frames and no cut lines.
/// </summary>
internal sealed class Printer
{
    // Lines in a file do not wrap.
    private const int FileWidth = 10_000;

    private readonly Surroundings around;

    public Printer(Surroundings around, bool isJson)
    {
        (this.around, IsJson) = (around, isJson);
        Console = Of(around.Out, around.IsOutTerminal, around);
        Progress = Of(around.Error, around.IsErrorTerminal, around);
    }

    public bool IsJson { get; }

    public IAnsiConsole Console { get; }

    /// <summary>The console for progress bars, which are not part of the output.</summary>
    public IAnsiConsole Progress { get; }

    public Task LineAsync(string text) => around.Out.WriteLineAsync(text);

    /// <summary>Prints a note for people. It is not part of the data.</summary>
    public Task NoteAsync(string text) => around.Error.WriteLineAsync(text);

    public async Task JsonAsync(IParsable value) => await around.Out.WriteLineAsync(await KiotaJsonSerializer.SerializeAsStringAsync(value));

    public Task JsonAsync(JsonNode value) => around.Out.WriteLineAsync(value.ToJsonString(JsonSerializerOptions.Web));

    /// <summary>Prints a list as one JSON array, while its items arrive.</summary>
    public async Task JsonAsync<T>(IAsyncEnumerable<T> items, CancellationToken cancellation)
        where T : IParsable
    {
        var before = "[";
        await foreach (var item in items.WithCancellation(cancellation))
        {
            await around.Out.WriteAsync(before);
            await around.Out.WriteAsync(await KiotaJsonSerializer.SerializeAsStringAsync(item, true, cancellation));
            before = ",\n";
        }

        await around.Out.WriteLineAsync(before == "[" ? "[]" : "]");
    }

    /// <summary>Prints a list: as a table with at most <paramref name="most"/> rows, or completely as JSON.</summary>
    public Task ListAsync<T>(IAsyncEnumerable<T> items, int most, string none, string[] columns, Func<T, string[]> row, CancellationToken cancellation, Func<T, bool>? isBold = null)
        where T : IParsable => IsJson ? JsonAsync(items, cancellation) : TableAsync(items, most, none, columns, row, cancellation, isBold);

    /// <summary>Prints a table with at most <paramref name="most"/> rows, and a note if there are more.</summary>
    public async Task TableAsync<T>(IAsyncEnumerable<T> items, int most, string none, string[] columns, Func<T, string[]> row, CancellationToken cancellation, Func<T, bool>? isBold = null)
    {
        var table = Table(columns);
        var hasMore = false;
        await foreach (var item in items.WithCancellation(cancellation))
        {
            hasMore = table.Rows.Count >= most;
            if (hasMore)
            {
                break;
            }

            table.AddRow(row(item).Select(cell => new Text(Clean.Line(cell), isBold?.Invoke(item) == true ? new Style(decoration: Decoration.Bold) : Style.Plain)));
        }

        if (table.Rows.Count == 0)
        {
            await NoteAsync(none);
            return;
        }

        Console.Write(table);
        if (hasMore)
        {
            await NoteAsync($"There are more than {most}. '--most' shows more, and '--json' all.");
        }
    }

    public Table Table(params string[] columns)
    {
        var table = new Table { Border = around.IsOutTerminal ? TableBorder.Rounded : TableBorder.None, ShowHeaders = true };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)) { NoWrap = !around.IsOutTerminal });
        }

        return table;
    }

    public static async IAsyncEnumerable<T> Each<T>(IEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var item in items)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return item;
        }

        await Task.CompletedTask;
    }

    private static IAnsiConsole Of(TextWriter writer, bool isTerminal, Surroundings around)
    {
        var isPlain = !isTerminal || around.Set("NO_COLOR") is not null;
        var console = AnsiConsole.Create(new()
        {
            Ansi = !isTerminal || around.Set("TERM") == "dumb" ? AnsiSupport.No : OperatingSystem.IsWindows() ? AnsiSupport.Detect : AnsiSupport.Yes,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = !isTerminal ? FileWidth
            : int.TryParse(around.Set("COLUMNS"), out var columns) && columns > 0 ? columns
            : console.Profile.Width;

        return console;
    }
}
