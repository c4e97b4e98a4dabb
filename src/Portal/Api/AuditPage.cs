using System.Text.Json;
using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Serialization;

namespace EngageCenter.Portal.Api;

/// <summary>
/// A page of the audit trail. It is not read by the typed client, which turns untyped text that looks like a date or a number
/// into one, so a name could be shown differently from how it was given.
/// </summary>
internal sealed record AuditPage(IReadOnlyList<AuditEntry> Value, string? NextLink, int TotalCount)
{
    private static readonly Dictionary<string, ParsableFactory<IParsable>> problems = new() { ["XXX"] = Problem.CreateFromDiscriminatorValue };

    public static async Task<AuditPage?> ReadAsync(IRequestAdapter adapter, RequestInformation request)
    {
        await using var answer = await adapter.SendPrimitiveAsync<Stream>(request, problems);
        return answer is null ? null : await JsonSerializer.DeserializeAsync<AuditPage>(answer, JsonSerializerOptions.Web);
    }
}

/// <param name="Before">The values before the change by name, each a text or a list of texts.</param>
public sealed record AuditEntry(DateTimeOffset OccurredAt, AuditParty Actor, string Action, AuditParty Target, System.Text.Json.Nodes.JsonObject? Before, System.Text.Json.Nodes.JsonObject? After);

public sealed record AuditParty(string? DisplayName, string Id);
