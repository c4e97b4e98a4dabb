using System.Text.Json;
using EngageCenter.Support;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Support;

/// <summary>Reads one update of a support case, and names everything that is wrong with it.</summary>
internal static class CaseReader
{
    /// <summary>Bytes of one update.</summary>
    public const int MaxBytes = 64 * 1024;

    // A case has fewer fields. An answer may have 1,000 rejected ones.
    private const int MaxErrors = 20;

    public static (SupportCase? Case, RejectedCase? Rejected) Read(JsonElement element, int index)
    {
        var errors = new RequestErrors(MaxErrors);
        if (JsonFields.Of(element, "", errors) is not { } fields)
        {
            return (null, new(index, null, errors.ToDictionary()));
        }

        var caseId = fields.RequiredText("caseId", SupportCase.MaxIdLength);
        var revision = fields.RequiredCount("revision");
        var lastUpdatedAt = fields.RequiredInstant("lastUpdatedAt");
        var createdAt = fields.RequiredInstant("createdAt");
        var title = fields.RequiredText("title", SupportCase.MaxTitleLength);
        var status = fields.RequiredChoice("status", WireNames.For<CaseStatus>());
        var severity = fields.RequiredChoice("severity", WireNames.Severity);
        var product = fields.RequiredText("product", SupportCase.MaxNameLength);
        var cloud = fields.OptionalText("cloud", SupportCase.MaxNameLength);
        var location = fields.OptionalText("location", SupportCase.MaxNameLength);
        var slaMet = fields.OptionalFlag("slaMet");
        var firstResponseAt = fields.OptionalInstant("firstResponseAt");
        var resolvedAt = fields.OptionalInstant("resolvedAt");
        var closedAt = fields.OptionalInstant("closedAt");
        var primaryContact = fields.OptionalText("primaryContact", SupportCase.MaxContactLength);
        if (closedAt < createdAt)
        {
            errors.Add("closedAt", "Must not be before createdAt.");
        }

        return errors.Any
            ? (null, new(index, caseId, errors.ToDictionary()))
            : (new(caseId!, revision!.Value, lastUpdatedAt!.Value, createdAt!.Value, title!, status!.Value, severity!.Value, product!,
                cloud, location, slaMet, firstResponseAt, resolvedAt, closedAt, primaryContact), null);
    }

    /// <summary>One entry of a JSON body; null for one that is too long.</summary>
    public static (SupportCase? Case, RejectedCase? Rejected) Read(JsonElement? element, int index) => element is { } known
        ? Read(known, index)
        : (null, Rejected(index, $"A case may have at most {MaxBytes / 1024} KiB."));

    /// <summary>One line of <c>application/x-ndjson</c>.</summary>
    public static (SupportCase? Case, RejectedCase? Rejected) Read(NdjsonLine line, int index)
    {
        if (line.IsTooLong)
        {
            return (null, Rejected(index, $"Line {line.Number} is too long: a line may have at most {NdjsonLines.MaxLineBytes / 1024} KiB."));
        }

        try
        {
            return Read(JsonElement.Parse(line.Bytes.Span, JsonBody.Strict), index);
        }
        catch (JsonException malformed)
        {
            return (null, Rejected(index, $"Line {line.Number} must be JSON; it goes wrong at byte {malformed.BytePositionInLine + 1}."));
        }
    }

    private static RejectedCase Rejected(int index, string message)
    {
        var errors = new RequestErrors();
        errors.Add(RequestErrors.Body, message);
        return new(index, null, errors.ToDictionary());
    }
}
