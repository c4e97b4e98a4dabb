using System.Text.Json;
using EngageCenter.WebApi.Json;
using FluentValidation.Results;

namespace EngageCenter.WebApi.Requests;

/// <summary>
/// Collects everything that is wrong with a request, by field. A field is named as in the request, such as
/// <c>contacts[2].role</c>; <c>$</c> stands for the whole body.
/// </summary>
internal sealed class RequestErrors(int maxFields = RequestErrors.MaxFields)
{
    /// <summary>
    /// The maximum numbers of fields in a response, and of messages for each field. Further errors are left out of the
    /// response.
    /// </summary>
    public const int MaxFields = 100;
    public const int MaxMessages = 5;

    // The client chooses the name, which could be as long as a body.
    private const int MaxName = 200;

    public const string Body = "$";

    // Null until something is wrong, because hardly any request is.
    private SortedDictionary<string, List<string>>? fields;

    public bool Any => fields is not null;

    public void Add(string field, string message)
    {
        field = field.Length <= MaxName ? field : $"{field[..MaxName]}…";
        fields ??= new(StringComparer.Ordinal);
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

    /// <summary>
    /// Adds the error of a body that is not JSON, or of a value with the wrong type in the body or in the query.
    /// </summary>
    public void Add(JsonException wrong)
    {
        var (field, message) = Describe(wrong);
        Add(field, message);
    }

    public bool Has(string field) => fields?.ContainsKey(field) == true;

    /// <summary>Returns the errors of a request that could not be bound, or that lacks a required part.</summary>
    public static RequestErrors Of(BadHttpRequestException wrong)
    {
        var errors = new RequestErrors();
        errors.Add(wrong.InnerException as JsonException ?? new JsonException(Rules.ObjectMessage));
        return errors;
    }

    // Leaves out what the serializer quotes from the body and from this code. Messages of our own converters stay as they
    // are.
    private static (string Field, string Message) Describe(JsonException wrong) => wrong switch
    {
        TooManyItemsException { Path: { } path } => (FieldOf(path[..path.LastIndexOf('[')]), wrong.Message),
        { InnerException: JsonException } => (Body, FormattableString.Invariant($"Must be valid JSON of at most {WireJson.MaxDepth} levels; the error is at line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}.")),
        { Message: var message, Path: var path } => (FieldOf(path),
            message.StartsWith("Duplicate property", StringComparison.Ordinal) ? "Must not be repeated."
            : !message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) ? message
            : message.Contains("`1[", StringComparison.Ordinal) ? "Must be an array."
            : Rules.ObjectMessage),
    };

    private static string FieldOf(string? path) => path is null or "$" ? Body : path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : path;

    public IReadOnlyDictionary<string, string[]> ToDictionary() =>
        (fields ?? []).ToDictionary(f => f.Key, f => f.Value.ToArray(), StringComparer.Ordinal);
}
