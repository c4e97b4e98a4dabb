using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.Users;

/// <summary>A person in Entra ID: the tenant that they signed in to (<c>tid</c>) and their object in it (<c>oid</c>).</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.PersonId")]
public readonly record struct PersonId(
    [property: Id(0)] Guid TenantId,
    [property: Id(1)] Guid UserId)
{
    /// <summary>The key of the person's grain: <c>{tenantId}/{userId}</c>, both in lower case.</summary>
    public override string ToString() => $"{TenantId:D}/{UserId:D}";

    public static PersonId Parse(string key) =>
        TryParse(key, out var person) ? person : throw new FormatException($"'{key}' is not the key of a person.");

    public static bool TryParse([NotNullWhen(true)] string? key, out PersonId person)
    {
        person = default;
        var slash = key?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0
            || !Guid.TryParseExact(key.AsSpan(0, slash), "D", out var tenantId)
            || !Guid.TryParseExact(key.AsSpan(slash + 1), "D", out var userId))
        {
            return false;
        }

        person = new(tenantId, userId);
        return true;
    }
}
