using System.Text.Json;
using FluentValidation.Results;

namespace EngageCenter.WebApi.Requests;

/// <summary>
/// What is wrong with a request, by field: all of it at once. A field is named as the client wrote it,
/// <c>contacts[2].role</c>; <c>$</c> is the body as a whole.
/// </summary>
internal sealed class RequestErrors(int maxFields = RequestErrors.MaxFields)
{
    /// <summary>Fields named in one answer, and messages about each. What is beyond is refused just as well.</summary>
    public const int MaxFields = 100;
    public const int MaxMessages = 5;

    // A name may be the client's own, which can be as long as a body.
    private const int MaxName = 200;

    public const string Body = "$";

    private readonly SortedDictionary<string, List<string>> fields = new(StringComparer.Ordinal);

    public bool Any => fields.Count > 0;

    public void Add(string field, string message)
    {
        field = field.Length <= MaxName ? field : $"{field[..MaxName]}…";
        if (fields.TryGetValue(field, out var messages))
        {
            if (messages.Count < MaxMessages)
            {
                messages.Add(message);
            }
        }
        else if (fields.Count < maxFields)
        {
            fields.Add(field, [message]);
        }
    }

    public void Add(ValidationResult rules) => rules.Errors.ForEach(fault => Add(fault.PropertyName, fault.ErrorMessage));

    /// <summary>A body that is no JSON, or a value of the wrong type in it or in the query.</summary>
    public void Add(JsonException wrong)
    {
        var (field, message) = Describe(wrong);
        Add(field, message);
    }

    public bool Has(string field) => fields.ContainsKey(field);

    /// <summary>What could not be bound, or was not there.</summary>
    public static RequestErrors Of(BadHttpRequestException wrong)
    {
        var errors = new RequestErrors();
        errors.Add(wrong.InnerException as JsonException ?? new JsonException(Rules.ObjectMessage));
        return errors;
    }

    // Without what the serializer quotes from the body and from this code. What our own converters say stands as it is.
    private static (string Field, string Message) Describe(JsonException wrong) => wrong switch
    {
        TooManyItemsException { Path: { } path } => (FieldOf(path[..path.LastIndexOf('[')]), wrong.Message),
        { InnerException: JsonException } => (Body, FormattableString.Invariant($"Must be JSON; it goes wrong at line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}.")),
        { Message: var message, Path: var path } => (FieldOf(path),
            message.StartsWith("Duplicate property", StringComparison.Ordinal) ? "Must be there once only."
            : !message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) ? message
            : message.Contains("`1[", StringComparison.Ordinal) ? "Must be an array."
            : Rules.ObjectMessage),
    };

    private static string FieldOf(string? path) => path is null or "$" ? Body : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path;

    public IReadOnlyDictionary<string, string[]> ToDictionary() =>
        fields.ToDictionary(f => f.Key, f => f.Value.ToArray(), StringComparer.Ordinal);
}
