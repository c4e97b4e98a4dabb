using System.Text.Json;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>The body of a request that adds a reference: <c>{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/{id}"}</c>.</summary>
internal static class Reference
{
    private static readonly string[] kinds = ["directoryObjects", "users", "groups"];

    /// <returns>The id that is referred to, or why there is none.</returns>
    public static async Task<(Guid Id, GraphError? Error)> ReadAsync(HttpRequest request)
    {
        var (body, error) = await JsonBody.ReadAsync(request);
        using (body)
        {
            if (body is null)
            {
                return (default, error);
            }

            return body.RootElement.ValueKind == JsonValueKind.Object
                && body.RootElement.TryGetProperty("@odata.id", out var link)
                && link.ValueKind == JsonValueKind.String
                && TryGetId(link.GetString()!, out var id)
                    ? (id, null)
                    : (default, GraphError.BadRequest("'@odata.id' must be a link that ends in /directoryObjects/{id}, /users/{id} or /groups/{id}."));
        }
    }

    private static bool TryGetId(string link, out Guid id)
    {
        id = default;
        return link.Split('/') is [_, .., var kind, var last]
            && kinds.Contains(kind, StringComparer.OrdinalIgnoreCase)
            && Guid.TryParseExact(last, "D", out id);
    }
}
