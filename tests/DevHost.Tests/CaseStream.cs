using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace EngageCenter.DevHost.Tests;

/// <summary>Generates cases as newline-delimited JSON while they are sent, and computes the expected figures.</summary>
internal sealed class CaseStream : HttpContent
{
    public static readonly DateTimeOffset From = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset To = From.AddYears(1);

    // The cases are created over two years; the window is one of them.
    private static readonly DateTimeOffset start = From.AddMonths(-6);
    private const int Minutes = 2 * 365 * 24 * 60;

    private static readonly string[] statuses = ["New", "InProgress", "WaitingForCustomer", "Resolved"];
    private static readonly string[] severities = ["1", "A", "B", "C"];
    private static readonly string[] products = ["Azure Kubernetes Service", "Azure SQL Database", "Exchange Online", "Microsoft Entra ID", "Microsoft Teams", "Power BI"];

    private readonly int count;
    private readonly Action halfway;

    public CaseStream(int count, Action halfway)
    {
        this.count = count;
        this.halfway = halfway;
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
    }

    public long Bytes { get; private set; }

    /// <summary>Computes the figures of the window independently of the service, with all cases in memory.</summary>
    public static (int Opened, int Closed, int Open, double SlaMetPercent, double MedianHours, double P90Hours) Totals(int count)
    {
        var (opened, open, known, met) = (0, 0, 0, 0);
        List<double> hours = [];
        for (var i = 0; i < count; i++)
        {
            var created = Created(i);
            var closed = Closed(i);
            var inWindow = created >= From && created < To;
            opened += inWindow ? 1 : 0;
            known += inWindow && Sla(i) is not null ? 1 : 0;
            met += inWindow && Sla(i) == true ? 1 : 0;
            open += created < To && !(closed < To) ? 1 : 0;
            if (closed >= From && closed < To)
            {
                hours.Add((closed.Value - created).TotalHours);
            }
        }

        hours.Sort();
        var middle = hours.Count / 2;
        return (
            opened, hours.Count, open, 100.0 * met / known,
            hours.Count % 2 == 1 ? hours[middle] : (hours[middle - 1] + hours[middle]) / 2,
            hours[(int)Math.Ceiling(0.9 * hours.Count) - 1]);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var writer = new StreamWriter(stream, bufferSize: 64 * 1024, leaveOpen: true) { NewLine = "\n" };
        for (var i = 0; i < count; i++)
        {
            if (i == count / 2)
            {
                await writer.FlushAsync();
                halfway();
            }

            var line = Line(i);
            Bytes += line.Length + 1;
            await writer.WriteLineAsync(line);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private static DateTimeOffset Created(int i) => start.AddMinutes(i * 7_919L % Minutes);

    private static DateTimeOffset? Closed(int i) => i % 5 == 0 ? null : Created(i).AddMinutes(30 + (i * 31L % 20_000));

    private static bool? Sla(int i) => i % 3 == 0 ? null : i % 7 != 0;

    private static string Line(int i)
    {
        var created = Created(i);
        var closed = Closed(i);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            {"caseId":"SR-2025-{{i:D9}}","revision":{{i % 4}},"lastUpdatedAt":"{{Instant(closed ?? created.AddHours(3))}}","createdAt":"{{Instant(created)}}","title":"{{products[i % 6]}}: request {{i * 2_654_435_761L % 1_000_003}} is refused since the update of node {{i % 977}}","status":"{{(closed is null ? statuses[i / 5 % 4] : "Closed")}}","severity":"{{severities[i % 4]}}","product":"{{products[i % 6]}}","cloud":"Public","location":"Amsterdam","slaMet":{{Sla(i) switch { true => "true", false => "false", null => "null" }}},"firstResponseAt":"{{Instant(created.AddMinutes(20))}}",{{(closed is { } at ? $"\"closedAt\":\"{Instant(at)}\"," : "")}}"primaryContact":"contact{{i % 500}}@contoso.example"}
            """);
    }

    private static string Instant(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
