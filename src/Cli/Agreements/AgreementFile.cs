using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions.Serialization;

namespace EngageCenter.Cli.Agreements;

/// <summary>Reads a file of agreements: <c>{ "agreementId", "agreement": { … } }</c>, the same without the inner braces, or a list of either.</summary>
internal static class AgreementFile
{
    private const long MaxBytes = 16 * 1024 * 1024;
    private const string Id = "agreementId";
    private const string Inner = "agreement";

    // Members that only the service's answers have.
    private static readonly string[] answered = ["status", "workspaces"];

    public static List<(string Id, JsonObject Agreement)> Read(FileInfo file)
    {
        if (!file.Exists)
        {
            throw EngageException.Wrong($"There is no file '{file}'.");
        }

        if (file.Length > MaxBytes)
        {
            throw EngageException.Wrong($"'{file}' has more than {MaxBytes / 1024 / 1024} MiB.");
        }

        JsonNode? read;
        try
        {
            read = JsonNode.Parse(File.ReadAllBytes(file.FullName), documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException malformed)
        {
            throw EngageException.Wrong($"'{file}' is not JSON: {malformed.Message}", malformed);
        }

        List<(string Id, JsonObject Agreement)> agreements = [.. (read is JsonArray list ? list : [read?.DeepClone()]).Select((one, place) => Agreement(one, $"{file}, agreement {place + 1}"))];
        return agreements.GroupBy(a => a.Id).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw EngageException.Wrong($"'{file}' has the agreement '{twice.Key}' more than once.")
            : agreements;
    }

    /// <summary>Returns an agreement without the members that a request does not have.</summary>
    public static JsonObject Sent(JsonObject agreement)
    {
        var sent = agreement.DeepClone().AsObject();
        foreach (var name in answered.Append(Id))
        {
            sent.Remove(name);
        }

        return sent;
    }

    /// <summary>Refuses a field that an agreement does not have, because the service would ignore it silently.</summary>
    public static async Task CheckAsync(string id, JsonObject agreement)
    {
        var known = (await KiotaJsonSerializer.DeserializeAsync<AgreementRequest>(agreement.ToJsonString()))!;
        IAdditionalDataHolder?[] parts = [known, known.Organization, .. known.Contacts ?? [], .. known.Packages ?? [], .. known.BillingReaders ?? []];
        if (parts.SelectMany(part => part?.AdditionalData.Keys ?? []).FirstOrDefault() is { } unknown)
        {
            throw EngageException.Wrong($"The agreement '{Output.Clean.Line(id)}' cannot be as it is: there is no field '{Output.Clean.Line(unknown)}'.");
        }
    }

    private static (string Id, JsonObject Agreement) Agreement(JsonNode? node, string place)
    {
        if (node is not JsonObject one || one[Id] is not JsonValue value || !value.TryGetValue<string>(out var id) || id.Length == 0)
        {
            throw EngageException.Wrong($"{place}: it must be an object with an '{Id}'.");
        }

        return (id, Sent(one[Inner] is null ? one : one[Inner] as JsonObject ?? throw EngageException.Wrong($"{place}: '{Inner}' must be an object.")));
    }
}
