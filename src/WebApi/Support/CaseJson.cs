using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using EngageCenter.Support;

namespace EngageCenter.WebApi.Support;

/// <summary>A support case in the state of its newest update.</summary>
/// <param name="CaseId">1 to 64 characters.</param>
/// <param name="Revision">Decides which of two updates with the same lastUpdatedAt is newer.</param>
/// <param name="SlaMet">Absent if unknown.</param>
internal sealed record CaseJson(
    string CaseId,
    [property: Required] long? Revision,
    [property: Required] DateTimeOffset? LastUpdatedAt,
    [property: Required] DateTimeOffset? CreatedAt,
    string Title,
    [property: Required] CaseStatus? Status,
    [property: Required] CaseSeverity? Severity,
    string Product,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Cloud,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Location,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? SlaMet,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? FirstResponseAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ResolvedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ClosedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PrimaryContact)
{
    public static CaseJson Of(SupportCase c) => new(
        c.CaseId, c.Revision, c.LastUpdatedAt, c.CreatedAt, c.Title, c.Status, c.Severity, c.Product,
        c.Cloud, c.Location, c.SlaMet, c.FirstResponseAt, c.ResolvedAt, c.ClosedAt, c.PrimaryContact);

    public SupportCase ToCase() => new(
        CaseId, Revision!.Value, LastUpdatedAt!.Value, CreatedAt!.Value, Title, Status!.Value, Severity!.Value, Product,
        Cloud, Location, SlaMet, FirstResponseAt, ResolvedAt, ClosedAt, PrimaryContact);
}

/// <summary>The results of an import of case updates.</summary>
/// <param name="Applied">The number of updates that became the state of their case.</param>
/// <param name="Ignored">The number of updates that were not newer than the stored state.</param>
/// <param name="Rejected">The first 1,000 invalid updates.</param>
/// <param name="RejectedCount">The number of all invalid updates.</param>
internal sealed record PostCasesResponse(int Applied, int Ignored, IReadOnlyList<RejectedCase> Rejected, int RejectedCount);

/// <param name="Index">The update's position in the request, from 0. Blank lines are not counted.</param>
/// <param name="Errors">The errors of each field.</param>
internal sealed record RejectedCase(
    int Index,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CaseId,
    IReadOnlyDictionary<string, string[]> Errors);
