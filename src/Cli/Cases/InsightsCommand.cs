using System.CommandLine;
using System.Globalization;
using EngageCenter.Cli.Output;

namespace EngageCenter.Cli.Cases;

internal static class InsightsCommand
{
    private const string Levels = "▁▂▃▄▅▆▇█";

    public static void AddTo(RootCommand root, Commands commands)
    {
        var from = Instant("--from", "The window's start; six months before its end where nothing is said.");
        var to = Instant("--to", "The window's end, not in it; now where nothing is said.");
        commands.Add(root, "insights", "Says what support did.", call => ShowAsync(call, call.Get(from), call.Get(to)), from, to);
    }

    /// <summary>Makes an option that takes a day, or an instant in RFC 3339. Without an offset it is in UTC.</summary>
    public static Option<DateTimeOffset?> Instant(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "2026-07-01",
        CustomParser = result =>
        {
            if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
            {
                return instant;
            }

            result.AddError($"{name} must be a day such as 2026-07-01, or an instant such as 2026-07-01T08:00:00Z.");
            return null;
        },
    };

    /// <summary>Draws values as a line of blocks. The greatest value has the highest block.</summary>
    public static string Sparkline(IReadOnlyCollection<int> values)
    {
        var most = values.DefaultIfEmpty().Max();
        return string.Concat(values.Select(v => Levels[most == 0 ? 0 : (int)Math.Round((Levels.Length - 1) * (double)v / most)]));
    }

    private static async Task<int> ShowAsync(Call call, DateTimeOffset? from, DateTimeOffset? to)
    {
        var insights = (await (await call.WorkspaceAsync()).SupportInsights.GetAsync(r =>
        {
            r.QueryParameters.From = from;
            r.QueryParameters.To = to;
        }, call.Stop))!;
        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(insights);
            return ExitCodes.Ok;
        }

        var (totals, months) = (insights.Totals!, insights.ByMonth!);
        await call.Printer.LineAsync($"From {Instants.Minutes(insights.From)} to {Instants.Minutes(insights.To)}");
        await call.Printer.LineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{totals.Opened} opened, {totals.Closed} closed, {totals.Open} open; SLA met {Figure(totals.SlaMetPercent, "%")}; closed after {Figure(totals.MedianHoursToClose, " h")} (median), {Figure(totals.P90HoursToClose, " h")} (p90)"));
        foreach (var (name, values) in new[] { ("Opened", months.ConvertAll(m => m.Opened ?? 0)), ("Closed", months.ConvertAll(m => m.Closed ?? 0)), ("Open", months.ConvertAll(m => m.Open ?? 0)) })
        {
            await call.Printer.LineAsync($"{name,-7}{Sparkline(values)}");
        }

        await TableAsync(call, ["Month", "Opened", "Closed", "Open"], months, m => [m.Month!, $"{m.Opened}", $"{m.Closed}", $"{m.Open}"]);
        await TableAsync(call, ["Severity", "Cases"], insights.BySeverity!, s => [s.Severity == Client.Models.CaseSeverity.One ? "1" : $"{s.Severity}", $"{s.Count}"]);
        await TableAsync(call, ["Status", "Cases"], insights.ByStatus!, s => [$"{s.Status}", $"{s.Count}"]);
        await TableAsync(call, ["Product", "Cases"], insights.ByProduct!, p => [p.Product!, $"{p.Count}"]);
        return ExitCodes.Ok;
    }

    private static Task TableAsync<T>(Call call, string[] columns, List<T> items, Func<T, string[]> row) => items.Count == 0
        ? Task.CompletedTask
        : call.Printer.TableAsync(Printer.Each(items), int.MaxValue, "", columns, row, call.Stop);

    private static string Figure(double? value, string unit) => value is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0.0}{unit}") : "unknown";
}
