using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Support;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;
using FluentValidation;

namespace EngageCenter.WebApi.Support;

/// <summary>Case updates as JSON, or a body of lines, which the endpoint reads itself.</summary>
/// <param name="Value">At most 1,000.</param>
internal sealed record PostCasesRequest(Items<CaseUpdate> Value) : IBody<PostCasesRequest>
{
    public static int MaxBytes => 8 * 1024 * 1024;

    [JsonIgnore]
    public bool IsLines { get; private init; }

    static ValueTask<PostCasesRequest?> IBindableFromHttpContext<PostCasesRequest>.BindAsync(HttpContext context, ParameterInfo parameter) =>
        Bodies.IsOfType(context.Request, media => media.MediaType.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase))
            ? new(new PostCasesRequest([]) { IsLines = true })
            : Bodies.Read<PostCasesRequest>(context);
}

internal sealed class PostCasesValidator : RequestValidator<PostCasesRequest>;

/// <summary>One update as received. An invalid update does not stop the others, so its error is kept with it.</summary>
/// <param name="Fault">Why the update could not be read; null if it could.</param>
/// <param name="CaseId">The case's id if there is a fault and the id can still be read.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct CaseUpdate(CaseJson? Case, JsonException? Fault = null, string? CaseId = null) : ICounted
{
    /// <summary>The maximum size of one update, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    public static int MaxCount => SupportCase.MaxBatch;

    /// <summary>Reads one line of <c>application/x-ndjson</c>.</summary>
    public static CaseUpdate Of(NdjsonLine line)
    {
        try
        {
            return line.IsTooLong ? TooLong($"Line {line.Number} is too long: a line") : JsonSerializer.Deserialize<CaseUpdate>(line.Bytes.Span, WireJson.Options);
        }
        catch (JsonException malformed)
        {
            return new(null, new JsonException($"Line {line.Number} must be valid JSON of at most {WireJson.MaxDepth} levels; the error is at byte {malformed.BytePositionInLine + 1}."));
        }
    }

    private static CaseUpdate TooLong(string what) => new(null, new($"{what} must not be larger than {MaxBytes / 1024} KiB."));

    /// <summary>Accepts any JSON value. The serializer calls it when the whole value is in its buffer.</summary>
    private sealed class Converter : JsonConverter<CaseUpdate>
    {
        public override bool HandleNull => true;

        public override CaseUpdate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var update = reader;
            var again = reader;
            if (!reader.TrySkip())
            {
                throw new InvalidOperationException("The serializer reads a value ahead for a converter.");
            }

            if (reader.BytesConsumed - update.TokenStartIndex > MaxBytes)
            {
                return TooLong("A case");
            }

            try
            {
                return new(JsonSerializer.Deserialize<CaseJson>(ref update, options) ?? throw new JsonException(Rules.ObjectMessage));
            }
            catch (JsonException fault)
            {
                return new(null, fault, IdOf(ref again, options));
            }
        }

        public override void Write(Utf8JsonWriter writer, CaseUpdate value, JsonSerializerOptions options) => throw new NotSupportedException("Only read.");

        private static string? IdOf(ref Utf8JsonReader update, JsonSerializerOptions options)
        {
            try
            {
                return JsonSerializer.Deserialize<Named>(ref update, options)?.CaseId is { } id && Text.Fault(id, 1, SupportCase.MaxIdLength) is null ? id : null;
            }
            catch (JsonException)
            {
                // The id is not valid either.
                return null;
            }
        }
    }

    private sealed record Named(string? CaseId);
}

internal sealed class CaseValidator : RequestValidator<CaseJson>
{
    public CaseValidator()
    {
        RuleFor(update => update.CaseId).Text(SupportCase.MaxIdLength);
        RuleFor(update => update.Revision).GreaterThanOrEqualTo(0).WithMessage("Must be a whole number, 0 or greater.");
        RuleFor(update => update.Title).Text(SupportCase.MaxTitleLength);
        RuleFor(update => update.Product).Text(SupportCase.MaxNameLength);
        RuleFor(update => update.Cloud).Text(SupportCase.MaxNameLength);
        RuleFor(update => update.Location).Text(SupportCase.MaxNameLength);
        RuleFor(update => update.PrimaryContact).Text(SupportCase.MaxContactLength);
        RuleFor(update => update.ClosedAt).Must((update, closedAt) => !(closedAt < update.CreatedAt)).WithMessage("Must not be before createdAt.");
    }
}
