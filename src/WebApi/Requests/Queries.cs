using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Paging;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Requests;

/// <summary>
/// A record of the parameters of a query string. It is bound by the serializer, like a body: each parameter once, by its
/// exact name, and what is blank is absent. A parameter that the endpoint does not have is refused by <see cref="RequestChecks"/>.
/// </summary>
internal interface IQuery<TSelf> : IBindableFromHttpContext<TSelf>
    where TSelf : class, IQuery<TSelf>
{
    static ValueTask<TSelf?> IBindableFromHttpContext<TSelf>.BindAsync(HttpContext context, ParameterInfo parameter) => new(Queries.Bind<TSelf>(context.Request));
}

/// <summary>A query for a page of a list.</summary>
internal interface IPaged
{
    [Description("Items on a page, 1 to 500; 50 where nothing is said.")]
    int? PageSize { get; }

    [Description("Where the page begins, as the 'nextLink' of the page before has it.")]
    Cursor? Cursor { get; }
}

/// <summary>A query for a page of a list that can also be exported as CSV.</summary>
internal interface IExported : IPaged
{
    [Description("Whether CSV begins with a UTF-8 byte order mark, for spreadsheets that need it; false by default.")]
    bool? Bom { get; }
}

/// <summary>A list without filters.</summary>
internal sealed record PageQuery(int? PageSize, Cursor? Cursor) : IQuery<PageQuery>, IPaged;

/// <summary>A list that is complete: what other lists are asked for a page by is passed over.</summary>
internal sealed record WholeListQuery(
    [property: Description("Passed over: the list is complete.")] string? PageSize,
    [property: Description("Passed over: the list is complete.")] string? Cursor) : IQuery<WholeListQuery>;

internal static class Queries
{
    /// <summary>Unicode code points of a text, if a parameter says nothing else.</summary>
    public const int MaxTextLength = 200;

    public static PageRequest Page(this IPaged query) => new(query.PageSize ?? PageRequest.DefaultSize, query.Cursor?.After);

    public static bool IsQuery(Type type) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IQuery<>));

    public static IEnumerable<string> NamesOf(Type query) => WireJson.QueryOptions.GetTypeInfo(query).Properties.Select(p => p.Name);

    /// <summary>What the parameter's property says, or that of <see cref="IPaged"/> or <see cref="IExported"/>.</summary>
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
                throw Wrong(new JsonException("Must be there once only.", property.Name, null, null));
            }

            // A filter that is blank is a field that nobody filled in; of the others it is a mistake of a client's code.
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

    // As the framework reports a body that it cannot bind.
    private static BadHttpRequestException Wrong(JsonException wrong) => new("A parameter is not valid.", wrong);
}
