using EngageCenter.LocalEntra.SignIn.Pages;
using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>Lists people for the sign-in page: of one tenant, or of all.</summary>
internal sealed class People(EntraDirectory directory)
{
    /// <summary>The maximum number of people on a page. A search finds the others.</summary>
    public const int MaxListed = 100;

    /// <summary>With more people than this, the page has a search field.</summary>
    private const int Searchable = 10;

    /// <param name="tenant">The tenant of the endpoint; null for an endpoint of all tenants.</param>
    public PeopleModel List(Tenant? tenant, AuthorizeRequest request, string action, string? search) =>
        List(tenant, request.Application.DisplayName, request.Parameters, action, search, request.LoginHint);

    /// <param name="application">What the page calls the application.</param>
    /// <param name="parameters">What its forms repeat.</param>
    /// <param name="loginHint">The principal name of whom the application expects.</param>
    public PeopleModel List(
        Tenant? tenant, string application, IReadOnlyList<KeyValuePair<string, string>> parameters, string action, string? search = null, string? loginHint = null)
    {
        Tenant[] tenants = tenant is null ? [.. directory.Tenants] : [tenant];
        var hinted = search is null && loginHint is { } hint
            ? tenants.Where(t => t.TryGetUser(hint, out var user) && user.AccountEnabled).ToList()
            : [];

        var total = 0;
        var listed = 0;
        var matching = 0;
        var shown = new List<DirectoryModel>();
        foreach (var one in tenants)
        {
            var enabled = one.Users.Where(user => user.AccountEnabled).ToList();
            total += enabled.Count;
            if (hinted.Count > 0)
            {
                enabled = [.. enabled.Where(user => Is(user.UserPrincipalName, loginHint!))];
            }

            var found = enabled.Where(user => search is null || Has(user.DisplayName, search) || Has(user.UserPrincipalName, search) || Has(user.Mail, search)).ToList();
            PersonModel[] people = [.. found
                .OrderBy(user => user.DisplayName, StringComparer.OrdinalIgnoreCase)
                .ThenBy(user => user.Id)
                .Take(MaxListed - listed)
                .Select(user => Person(one, user))];

            matching += found.Count;
            listed += people.Length;
            if (people.Length > 0)
            {
                shown.Add(new DirectoryModel(one.DisplayName, people));
            }
        }

        return new PeopleModel(
            action, parameters, application, shown, search, total > Searchable, matching - listed, hinted.Count > 0);
    }

    /// <param name="key">A <see cref="PersonModel.Key"/>.</param>
    public (Tenant Tenant, User User)? Find(Tenant? tenant, string key) =>
        key.Split('/') is [var tenantId, var userId]
        && directory.TryGetTenant(tenantId, out var named)
        && (tenant is null || tenant == named)
        && Guid.TryParseExact(userId, "D", out var id)
        && named.TryGetUser(id, out var user)
            ? (named, user)
            : null;

    public static string Key(Tenant tenant, User user) => $"{tenant.Id}/{user.Id}";

    private static PersonModel Person(Tenant tenant, User user) => new(
        Key(tenant, user),
        user.DisplayName,
        user.UserPrincipalName,
        (user.UserType, user.Password) switch
        {
            (UserType.Guest, null) => "Guest",
            (UserType.Guest, _) => "Guest, with a password",
            (_, null) => null,
            _ => "With a password",
        });

    private static bool Has(string? text, string search) => text?.Contains(search, StringComparison.OrdinalIgnoreCase) == true;

    private static bool Is(string text, string other) => string.Equals(text, other, StringComparison.OrdinalIgnoreCase);
}
