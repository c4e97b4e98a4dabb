using System.CommandLine;
using System.Text.Json.Nodes;
using EngageCenter.Cli.Output;
using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions.Serialization;
using Microsoft.Kiota.Http.HttpClientLibrary.Middleware.Options;
using Spectre.Console;

namespace EngageCenter.Cli.Agreements;

internal static class AgreementCommands
{
    public static void AddTo(RootCommand root, Commands commands)
    {
        var agreements = new Command("agreements", "Support agreements, for an application with the app role Agreements.ReadWrite.All.");
        root.Add(agreements);
        var file = new Argument<FileInfo>("file") { Description = "JSON: an agreement as it is to be, with its agreementId, or a list of them." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do it without a question." };
        commands.Add(agreements, "apply", "Shows what a file changes of the agreements, and does it.", call => ApplyAsync(call, call.Get(file), call.Get(yes)), file, yes);
    }

    private static async Task<int> ApplyAsync(Call call, FileInfo file, bool isSure)
    {
        var wanted = AgreementFile.Read(file);
        List<(string Id, JsonObject Agreement, List<AgreementChange> Changes, string? ETag)> plan = [];
        foreach (var (id, agreement) in wanted)
        {
            var (current, etag) = await CurrentAsync(call, id);
            await AgreementFile.CheckAsync(id, agreement);
            if (AgreementDiff.Of(current, agreement) is { Count: > 0 } changes)
            {
                plan.Add((id, agreement, changes, etag));
            }
        }

        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(new JsonArray([.. plan.Select(p => new JsonObject
            {
                ["agreementId"] = p.Id,
                ["isNew"] = p.ETag is null,
                ["changes"] = new JsonArray([.. p.Changes.Select(c => new JsonObject { ["path"] = c.Path, ["before"] = c.Before, ["after"] = c.After })]),
            })]));
        }
        else
        {
            Show(call, plan);
        }

        if (plan.Count == 0)
        {
            await call.Printer.NoteAsync("Nothing differs.");
            return ExitCodes.Ok;
        }

        if (!isSure && !await IsWantedAsync(call, plan.Count))
        {
            await call.Printer.NoteAsync("Nothing was changed.");
            return ExitCodes.No;
        }

        foreach (var (id, agreement, _, etag) in plan)
        {
            var applied = await PutAsync(call, id, agreement, etag);
            await call.Printer.NoteAsync($"{Clean.Line(id)}: {applied.Status}, {string.Join(", ", applied.Workspaces!.Select(w => $"{Clean.Line(w.Name)} ({w.WorkspaceId})"))}");
        }

        return ExitCodes.Ok;
    }

    private static void Show(Call call, List<(string Id, JsonObject Agreement, List<AgreementChange> Changes, string? ETag)> plan)
    {
        foreach (var (id, _, changes, etag) in plan)
        {
            call.Printer.Console.Write(new Text($"{Clean.Line(id)}{(etag is null ? " (new)" : "")}\n", new Style(decoration: Decoration.Bold)));
            foreach (var change in changes)
            {
                var (sign, colour, text) = (change.Before, change.After) switch
                {
                    (null, var after) => ('+', Color.Green, after),
                    (var before, null) => ('-', Color.Red, before),
                    var (before, after) => ('~', Color.Yellow, $"{before} → {after}"),
                };
                call.Printer.Console.Write(new Text($"  {sign} {Clean.Line(change.Path)}{(text is { Length: > 0 } ? $": {Clean.Line(text)}" : "")}\n", colour));
            }
        }
    }

    private static async Task<bool> IsWantedAsync(Call call, int count)
    {
        if (!call.Around.IsInTerminal)
        {
            throw EngageException.Wrong("Nobody is there to be asked. '--yes' does it without a question; nothing was changed.");
        }

        await call.Around.Error.WriteAsync($"Change {count} agreement{(count == 1 ? "" : "s")}? [y/N] ");
        return (await call.Around.In.ReadLineAsync(call.Stop))?.Trim() is "y" or "Y" or "yes";
    }

    private static async Task<(JsonObject? Agreement, string? ETag)> CurrentAsync(Call call, string id)
    {
        var inspect = new HeadersInspectionHandlerOption { InspectResponseHeaders = true };
        try
        {
            await using var answer = await call.Client.OpenAsync(call.Client.V1.Agreements[id].ToGetRequestInformation(r => r.Options.Add(inspect)), "application/json", call.Stop);
            return (AgreementFile.Sent((await JsonNode.ParseAsync(answer, cancellationToken: call.Stop))!.AsObject()), inspect.ResponseHeaders.TryGetValue("ETag", out var tags) ? tags.First() : "*");
        }
        catch (Problem none) when (none.Type == Problem_type.ProblemsAgreementNotFound)
        {
            return (null, null);
        }
    }

    // Sends the agreement as it is in the file, so that the service refuses an unknown field.
    private static async Task<AgreementResponse> PutAsync(Call call, string id, JsonObject agreement, string? etag)
    {
        var request = call.Client.V1.Agreements[id].ToPutRequestInformation(new());
        request.Headers.Remove("Content-Type");
        using var body = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(agreement.ToJsonString()));
        request.SetStreamContent(body, "application/json");
        if (etag is not null)
        {
            request.Headers.Add("If-Match", etag);
        }

        await using var answer = await call.Client.OpenAsync(request, "application/json", call.Stop);
        return (await KiotaJsonSerializer.DeserializeAsync<AgreementResponse>(answer, call.Stop))!;
    }
}
