using System.CommandLine;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Cli.Cases;
using EngageCenter.Cli.Output;
using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Serialization;

namespace EngageCenter.Cli.Audit;

/// <summary>What changed in a workspace: who may do what, and its name.</summary>
internal static class AuditCommands
{
    private const int MaxSilentAttempts = 10;
    private static readonly TimeSpan quick = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan reconnect = TimeSpan.FromSeconds(2);

    public static void AddTo(RootCommand root, Commands commands)
    {
        var audit = new Command("audit", "The audit trail of the workspace.");
        root.Add(audit);
        var last = WholeNumber.Option("--last", "How many of those that there are to begin with.", 10, 0, 500, "-n");
        var once = new Option<bool>("--no-follow") { Description = "End with the newest event." };
        var file = ExportCommands.File();
        commands.Add(audit, "tail", "Shows the newest events, and then each that comes, until Ctrl+C.", call => TailAsync(call, call.Get(last), call.Get(once)), last, once);
        commands.Add(audit, "export", "Writes all events, oldest first, one JSON object on each line.", async call => await ExportCommands.SaveAsync(
            call, (await call.WorkspaceAsync()).AuditEvents.ToGetRequestInformation(), "application/x-ndjson", call.Get(file)), file);
        var export = new Option<FileInfo?>("--file", "-f") { Description = "The export to verify. Without it, the export of the workspace is fetched." };
        var from = new Option<FileInfo?>("--from") { Description = "An earlier export, which this one must continue." };
        var head = new Option<string?>("--head") { Description = "The head that was printed for an earlier export, such as 125:9f86…" };
        commands.Add(audit, "verify", "Finds events that are missing, doubled, misplaced or changed in an export, and what differs from an earlier one.", call => VerifyAsync(call, call.Get(export), call.Get(from), call.Get(head)), export, from, head);
    }

    private static async Task<int> VerifyAsync(Call call, FileInfo? file, FileInfo? from, string? head)
    {
        (long, string)? kept = head is null ? null : AuditVerification.ReadHead(head) ?? throw EngageException.Wrong("A head is the id of an event, a colon and 64 hexadecimal digits, as 'engage audit verify' prints it.");
        await using var earlier = from is null ? null : Open(from);
        await using var export = file is null
            ? await call.Client.OpenAsync((await call.WorkspaceAsync()).AuditEvents.ToGetRequestInformation(), "application/x-ndjson", call.Stop)
            : Open(file);
        var chain = await AuditVerification.VerifyAsync(export, earlier, kept, call.Stop);
        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(new JsonObject { ["events"] = chain.Last, ["head"] = chain.Head });
            return ExitCodes.Ok;
        }

        await call.Printer.LineAsync($"Events 1 to {chain.Last} are there{(earlier is null && kept is null ? "" : ", and continue the earlier ones unchanged")}.");
        await call.Printer.LineAsync($"Head: {chain.Head}");
        if (earlier is null && kept is null)
        {
            await call.Printer.NoteAsync("Keep the head elsewhere. With '--head' it shows later whether one of these events was changed or removed.");
        }

        return ExitCodes.Ok;
    }

    private static FileStream Open(FileInfo file)
    {
        try
        {
            return file.OpenRead();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw EngageException.Wrong($"{file.FullName} cannot be read: {e.Message}", e);
        }
    }

    private static async Task<int> TailAsync(Call call, int last, bool once)
    {
        var workspace = await call.WorkspaceIdAsync();
        var of = call.Client.V1.Workspaces[workspace].AuditEvents;
        var page = (await of.GetAsync(r => r.QueryParameters.PageSize = Math.Max(1, last), call.Stop))!;
        foreach (var recorded in page.Value!.Take(last).Reverse())
        {
            await PrintAsync(call, Line(recorded), () => call.Printer.JsonAsync(recorded));
        }

        if (once)
        {
            return ExitCodes.Ok;
        }

        var (seen, silent) = (page.Value is [var newest, ..] ? int.Parse(newest.EventId!, System.Globalization.CultureInfo.InvariantCulture) : 0, 0);
        while (true)
        {
            var (from, since) = (seen, call.Around.Time.GetTimestamp());
            try
            {
                var request = of.Stream.ToGetRequestInformation(r => r.QueryParameters.After = seen);
                await using var stream = await call.Client.OpenAsync(request, "text/event-stream", call.Stop);
                await foreach (var sent in SseParser.Create(stream, (kind, bytes) => (kind, Data: Read(bytes))).EnumerateAsync(call.Stop))
                {
                    if (sent.Data.kind == "audit")
                    {
                        seen = int.Parse(sent.EventId ?? "0", System.Globalization.CultureInfo.InvariantCulture);
                        await PrintAsync(call, Line(sent.Data.Data), () => call.Printer.JsonAsync(sent.Data.Data));
                        await call.Around.Out.FlushAsync(call.Stop);
                    }
                    else if (sent.Data.kind == "end")
                    {
                        switch (sent.Data.Data["reason"]?.GetValue<string>())
                        {
                            case "access-lost":
                                throw new EngageException(ExitCodes.No, "You may not read the audit trail any more.");
                            case "trail-replaced":
                                throw new EngageException(ExitCodes.No, "The service was restored to a time before the last event that was shown. Compare, and begin anew.");
                            case "token-expired":
                                call.SignIn.Refused();
                                break;
                            default:
                                break;
                        }
                    }
                }
            }
            catch (Exception cut) when (!call.Stop.IsCancellationRequested && (Failures.IsCut(cut) || (cut is ApiException busy && Failures.IsBusy(busy))))
            {
                await call.Printer.NoteAsync("The connection was cut; connecting again.");
            }

            silent = seen > from || call.Around.Time.GetElapsedTime(since) > quick ? 0 : silent + 1;
            if (silent >= MaxSilentAttempts)
            {
                throw new EngageException(ExitCodes.Unavailable, "The stream ended ten times at once, without an event. Try again later.");
            }

            // A service that ends each stream at once would otherwise get one connection after the other without a pause.
            await Task.Delay(reconnect, call.Around.Time, call.Stop);
        }
    }

    private static Task PrintAsync(Call call, string line, Func<Task> json) => call.Printer.IsJson ? json() : call.Printer.LineAsync(line);

    private static JsonObject Read(ReadOnlySpan<byte> data) => data.Length <= AuditVerification.MaxEvent
        ? JsonNode.Parse(data)!.AsObject()
        : throw new EngageException(ExitCodes.Unavailable, $"An event has more than {AuditVerification.MaxEvent / 1024 / 1024} MiB, which none has.");

    private static string Line(AuditEventResponse recorded) => Line(
        Instants.Minutes(recorded.OccurredAt),
        recorded.Actor?.DisplayName ?? recorded.Actor?.Id,
        $"{recorded.Action}",
        recorded.Target?.DisplayName ?? recorded.Target?.Id,
        Untyped.Members(recorded.Before as UntypedNode).Select(m => (m.Key, Untyped.Texts(m.Value))),
        Untyped.Members(recorded.After as UntypedNode).Select(m => (m.Key, Untyped.Texts(m.Value))));

    private static string Line(JsonObject recorded) => Line(
        Instants.Minutes(recorded["occurredAt"]!.GetValue<DateTimeOffset>()),
        Named(recorded["actor"]),
        $"{recorded["action"]}",
        Named(recorded["target"]),
        Values(recorded["before"]),
        Values(recorded["after"]));

    private static string? Named(JsonNode? party) => (string?)party?["displayName"] ?? (string?)party?["id"];

    private static IEnumerable<(string Name, IEnumerable<string> Values)> Values(JsonNode? values) =>
        (values as JsonObject ?? []).Select(v => (v.Key, v.Value is JsonArray list ? list.Select(one => $"{one}") : [$"{v.Value}"]));

    private static string Line(
        string at, string? actor, string action, string? target, IEnumerable<(string Name, IEnumerable<string> Values)> before, IEnumerable<(string Name, IEnumerable<string> Values)> after)
    {
        var line = new StringBuilder($"{at}  {Clean.Line(actor)}  {action}  {Clean.Line(target)}");
        foreach (var (sign, values) in new[] { ('-', before), ('+', after) })
        {
            foreach (var (name, value) in values)
            {
                line.Append(System.Globalization.CultureInfo.InvariantCulture, $"  {sign}{Clean.Line(name)}: {Clean.Line(string.Join(", ", value))}");
            }
        }

        return line.ToString();
    }
}
