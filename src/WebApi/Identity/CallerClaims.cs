using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using EngageCenter.Users;
using EngageCenter.WebApi.Json;

namespace EngageCenter.WebApi.Identity;

/// <summary>
/// Reads the caller from the claims of a validated access token. The claim names are those of Microsoft Entra ID's v2.0
/// access tokens.
/// </summary>
internal static class CallerClaims
{
    public const string Scope = "access_as_user";

    /// <summary>The maximum number of groups in a token. Entra leaves the groups out if there are more.</summary>
    public const int MaxGroups = SignIn.MaxGroups;

    private const int MaxDisplayName = UserProfile.MaxDisplayNameLength;
    private const int MaxEmail = UserProfile.MaxEmailLength;

    // The tenant of personal Microsoft accounts. It is not an organization, and anybody can create an account there.
    private static readonly Guid personalAccounts = new("9188040d-6c67-4c5b-b112-36a304b66dad");

    // The last second that a DateTimeOffset can hold.
    private const long LastSecond = 253_402_300_799;

    /// <param name="latest">
    /// The latest plausible issue time. A token with a later one would count as newer than all tokens after it.
    /// </param>
    /// <returns>The caller, or the reason why the token is refused.</returns>
    public static (Caller? Caller, string? Fault) Read(ClaimsIdentity identity, DateTimeOffset latest)
    {
        if (identity.FindFirst("ver") is { Value: not "2.0" })
        {
            return (null, "The token is not of version 2.0.");
        }

        if (!Json.Text.TryReadGuid(identity.FindFirst("tid")?.Value ?? "", out var tenantId))
        {
            return (null, "The token names no tenant.");
        }

        if (tenantId == personalAccounts)
        {
            return (null, "The token belongs to a personal account.");
        }

        return identity.FindFirst("idtyp")?.Value == "app"
            ? Application(identity, tenantId)
            : Person(identity, tenantId, latest);
    }

    private static (Caller? Caller, string? Fault) Application(ClaimsIdentity identity, Guid tenantId)
    {
        var id = identity.FindFirst("oid")?.Value ?? identity.FindFirst("azp")?.Value;
        return id is not null && Text.IsId(id)
            ? (new ApplicationCaller(tenantId, id, Shown(identity.FindFirst("app_displayname"), MaxDisplayName), [.. identity.FindAll("roles").Select(c => c.Value)]), null)
            : (null, "The token names no application.");
    }

    private static (Caller? Caller, string? Fault) Person(ClaimsIdentity identity, Guid tenantId, DateTimeOffset latest)
    {
        if (!Json.Text.TryReadGuid(identity.FindFirst("oid")?.Value ?? "", out var userId))
        {
            return (null, "The token names no person.");
        }

        // The newest token decides about groups, so a token without an issue time is refused.
        if (!long.TryParse(identity.FindFirst("iat")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > LastSecond)
        {
            return (null, "The token does not say when it was issued.");
        }

        var issuedAt = DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (issuedAt > latest)
        {
            return (null, "The token was issued in the future.");
        }

        var groups = new List<Guid>();
        foreach (var claim in identity.FindAll("groups"))
        {
            if (!Json.Text.TryReadGuid(claim.Value, out var group))
            {
                return (null, "The token's groups are not object ids.");
            }

            groups.Add(group);
        }

        var person = new PersonId(tenantId, userId);
        var profile = Profile(identity, userId);
        var complete = groups.Count <= MaxGroups && !LeavesGroupsOut(identity);
        var signIn = complete ? SignIn.Create(person, issuedAt, profile, groups) : new(person, issuedAt, profile, [], LeavesGroupsOut: true);
        return (new PersonCaller(person, profile, HasScope(identity), signIn), null);
    }

    // Scopes come as one claim with words, or as several claims if the token has an array.
    private static bool HasScope(ClaimsIdentity identity) =>
        identity.FindAll("scp").SelectMany(c => c.Value.Split(' ')).Contains(Scope, StringComparer.Ordinal);

    // Checks both overage markers: for a token with too many groups, and for a token that was sent in a URL.
    private static bool LeavesGroupsOut(ClaimsIdentity identity)
    {
        if (identity.HasClaim(c => c.Type == "hasgroups" && !string.Equals(c.Value, "false", StringComparison.OrdinalIgnoreCase)))
        {
            return true;
        }

        if (identity.FindFirst("_claim_names") is not { } names)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(names.Value);
            return document.RootElement.ValueKind != JsonValueKind.Object || document.RootElement.TryGetProperty("groups", out _);
        }
        catch (JsonException)
        {
            // Something is left out, but what it is cannot be read.
            return true;
        }
    }

    private static UserProfile Profile(ClaimsIdentity identity, Guid userId)
    {
        var name = Shown(identity.FindFirst("preferred_username"), MaxEmail) ?? Shown(identity.FindFirst("upn"), MaxEmail);
        var email = Shown(identity.FindFirst("email"), MaxEmail) ?? (name?.Contains('@', StringComparison.Ordinal) == true ? name : null);
        var displayName = Shown(identity.FindFirst("name"), MaxDisplayName) ?? Cut(name, MaxDisplayName) ?? userId.ToString("D");
        return new(displayName, email, IsGuest(identity) ? UserType.Guest : UserType.Member);
    }

    // Entra sends 'acct' if it is configured to. Without it, a guest is recognized by an identity provider other than the
    // tenant.
    private static bool IsGuest(ClaimsIdentity identity) => identity.FindFirst("acct") is { } account
        ? account.Value == "1"
        : identity.FindFirst("idp") is { } provider && provider.Value != identity.FindFirst("iss")?.Value;

    // Each tenant's administrator chooses the names of its people, and people of other organizations read them.
    private static string? Shown(Claim? claim, int max) =>
        Text.Shown(claim?.Value, max);

    private static string? Cut(string? text, int max) => text is null ? null : Text.Cut(text, max);
}
