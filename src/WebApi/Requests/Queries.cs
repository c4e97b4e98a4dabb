using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Paging;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Requests;

/// <summary>
/// A record that is read from the query string with the serializer, like a body: each parameter at most once and by its
/// exact name, and a blank filter counts as absent. <see cref="RequestChecks"/> refuses parameters that the endpoint does
/// not have.
/// </summary>
internal interface IQuery<TSelf> : IBindableFromHttpContext<TSelf>
    where TSelf : class, IQuery<TSelf>
{
    static ValueTask<TSelf?> IBindableFromHttpContext<TSelf>.BindAsync(HttpContext context, ParameterInfo parameter) => new(Queries.Bind<TSelf>(context.Request));
}

/// <summary>A query for a page of a list.</summary>
internal interface IPaged
{
    [Description("The number of items on a page, 1 to 500; 50 by default.")]
    int? PageSize { get; }

    [Description("Where the page starts, taken from the 'nextLink' of the page before.")]
    Cursor? Cursor { get; }
}

/// <summary>A query for a page of a list that can also be exported as CSV.</summary>
internal interface IExported : IPaged
{
    [Description("Whether CSV starts with a UTF-8 byte order mark, which some spreadsheets need; false by default.")]
    bool? Bom { get; }
}

/// <summary>A list without filters.</summary>
internal sealed record PageQuery(int? PageSize, Cursor? Cursor) : IQuery<PageQuery>, IPaged;

/// <summary>The query of a list that is always returned completely. Page parameters are ignored.</summary>
internal sealed record WholeListQuery(
    [property: Description("Ignored: the list is always complete.")] string? PageSize,
    [property: Description("Ignored: the list is always complete.")] string? Cursor) : IQuery<WholeListQuery>;

internal static class Queries
{
    /// <summary>The maximum length of a text, in Unicode code points, unless a parameter has its own limit.</summary>
    public const int MaxTextLength = 200;

    public static PageRequest Page(this IPaged query) => new(query.PageSize ?? PageRequest.DefaultSize, query.Cursor?.After);

    public static bool IsQuery(Type type) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IQuery<>));

    public static IEnumerable<string> NamesOf(Type query) => WireJson.QueryOptions.GetTypeInfo(query).Properties.Select(p => p.Name);

    /// <summary>
    /// Returns the description of the record's own property, or of the one in <see cref="IPaged"/> or
    /// <see cref="IExported"/>.
    /// </summary>
    public static string DescriptionOf(Type query, string name) => ((Type[])[query, typeof(IPaged), typeof(IExported)])
        .SelectMany(type => type.GetProperties())
        .Where(property => RequestProperties.NameOf(property) == name)
        .Select(property => property.GetCustomAttribute<DescriptionAttribute>()?.Description)
        .First(description => description is not null)!;

    public static TQuery Bind<TQuery>(HttpRequest request)
    {
        var values = new JsonObject();
        foreach (var property in WireJson.QueryOptions.GetTypeInfo(typeof(TQuery)).Properties)
        {
            var sent = request.Query[property.Name];
            if (sent.Count > 1)
            {
                throw Wrong(new JsonException("Must not be repeated.", property.Name, null, null));
            }

            // A blank filter is a form field that nobody filled in. A blank value of the other parameters is an error of the
            // client.
            if (sent.Count == 1 && (!string.IsNullOrWhiteSpace(sent[0]) || property.Name is "pageSize" or "cursor" or "bom"))
            {
                values[property.Name] = property.PropertyType == typeof(Cursor?) ? PlaceOf(request, sent[0]!)
                    // A client that forgot to escape the '+' of an offset sends a space.
                    : property.PropertyType == typeof(DateTimeOffset?) ? sent[0]!.Replace(' ', '+')
                    : sent[0];
            }
        }

        try
        {
            return values.Deserialize<TQuery>(WireJson.QueryOptions)!;
        }
        catch (JsonException wrong)
        {
            throw Wrong(wrong);
        }
    }

    private static string PlaceOf(HttpRequest list, string encoded) =>
        Cursor.TryDecode(list, encoded, out var cursor) ? cursor.After : throw Wrong(new JsonException(Cursor.Message, "cursor", null, null));

    // Reports it like the framework reports a body that it cannot bind.
    private static BadHttpRequestException Wrong(JsonException wrong) => new("A parameter is not valid.", wrong);
}
