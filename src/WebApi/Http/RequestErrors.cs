namespace EngageCenter.WebApi.Http;

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

    /// <summary>That a part of the path is an id.</summary>
    public void CheckId(string field, string id)
    {
        if (!Text.IsId(id))
        {
            Add(field, Text.IdMessage);
        }
    }

    public bool Has(string field) => fields.ContainsKey(field);

    public IReadOnlyDictionary<string, string[]> ToDictionary() =>
        fields.ToDictionary(f => f.Key, f => f.Value.ToArray(), StringComparer.Ordinal);
}
