using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// Creates a directory from a document, and reports what is wrong in it and where, such as <c>tenants[0].users[3].id</c>.
/// </summary>
internal sealed class DirectoryReader
{
    public const int MaxTenants = 100;

    /// <summary>In all tenants together, like the next two limits.</summary>
    public const int MaxUsers = 200_000;

    public const int MaxGroups = 20_000;
    public const int MaxMemberships = 2_000_000;
    public const int MaxApplications = 1_000;

    /// <summary>For each application.</summary>
    public const int MaxAppRoles = 100;

    /// <summary>For each application.</summary>
    public const int MaxRedirectUris = 100;

    /// <summary>The maximum length of a client id, in characters.</summary>
    public const int MaxClientId = 100;

    /// <summary>The maximum length of any other text, in characters.</summary>
    public const int MaxText = 256;

    /// <summary>The maximum number of reported errors, because nobody reads more.</summary>
    private const int MaxMessages = 20;

    private readonly List<string> errors = [];
    private readonly List<string> ignored = [];
    private int users;
    private int groups;
    private int memberships;

    public IReadOnlyList<string> Errors => errors;

    public IReadOnlyList<string> Ignored => ignored;

    /// <returns>A directory, which is usable only if there are no <see cref="Errors"/>.</returns>
    public EntraDirectory Read(DirectoryDocument document)
    {
        var tenants = new Dictionary<Guid, Tenant>();
        var applications = new Dictionary<string, Application>(StringComparer.OrdinalIgnoreCase);

        NoteUnknown(document, "");
        if (document.Tenants is not { Count: > 0 })
        {
            Error("tenants", "is missing or empty");
        }

        foreach (var (path, tenant) in Items(document.Tenants, "tenants", MaxTenants))
        {
            if (ReadTenant(tenant, path) is { } read && !tenants.TryAdd(read.Id, read))
            {
                Error($"{path}.tenantId", $"'{read.Id}' is also the id of another tenant");
            }
        }

        foreach (var (path, application) in Items(document.Applications, "applications", MaxApplications))
        {
            if (ReadApplication(application, path) is { } read && !applications.TryAdd(read.ClientId, read))
            {
                Error($"{path}.clientId", $"'{read.ClientId}' is also the id of another application");
            }
        }

        CheckTotal(users, MaxUsers, "users");
        CheckTotal(groups, MaxGroups, "groups");
        CheckTotal(memberships, MaxMemberships, "members of groups");
        return new EntraDirectory(tenants, applications);
    }

    private Tenant? ReadTenant(TenantDocument document, string path)
    {
        if (!IsId(document.TenantId, $"{path}.tenantId", out var id) || !IsText(document.DisplayName, $"{path}.displayName"))
        {
            return null;
        }

        var tenant = new Tenant(id, document.DisplayName);
        users += document.Users?.Count ?? 0;
        groups += document.Groups?.Count ?? 0;
        memberships += document.Groups?.Sum(group => group?.Members?.Count ?? 0) ?? 0;
        if (users > MaxUsers || groups > MaxGroups || memberships > MaxMemberships)
        {
            return null;
        }

        foreach (var (userPath, user) in Items(document.Users, $"{path}.users", MaxUsers))
        {
            ReadUser(tenant, user, userPath);
        }

        var named = Items(document.Groups, $"{path}.groups", MaxGroups).ToList();
        foreach (var (groupPath, group) in named)
        {
            ReadGroup(tenant, group, groupPath);
        }

        // Members are read after all groups, because a group may be listed before the groups in it.
        foreach (var (groupPath, group) in named)
        {
            ReadMembers(tenant, group, groupPath);
        }

        return tenant;
    }

    private void ReadUser(Tenant tenant, UserDocument document, string path)
    {
        if (!IsNewId(tenant, document.Id, $"{path}.id", out var id)
            | !IsText(document.DisplayName, $"{path}.displayName")
            | !IsText(document.UserPrincipalName, $"{path}.userPrincipalName")
            | !IsOptionalText(document.Mail, $"{path}.mail")
            | !IsOptionalText(document.Password, $"{path}.password")
            | !IsUserType(document.UserType, $"{path}.userType", out var userType))
        {
            return;
        }

        if (!tenant.Add(new User(id, document.DisplayName!, document.UserPrincipalName!, document.Mail, userType, document.Password, document.AccountEnabled ?? true)))
        {
            Error($"{path}.userPrincipalName", $"'{document.UserPrincipalName}' is also the name of another user");
        }
    }

    private void ReadGroup(Tenant tenant, GroupDocument document, string path)
    {
        if (IsNewId(tenant, document.Id, $"{path}.id", out var id)
            & IsText(document.DisplayName, $"{path}.displayName")
            & IsOptionalText(document.Description, $"{path}.description"))
        {
            tenant.Add(new Group(id, document.DisplayName!, document.Description));
        }
    }

    private void ReadMembers(Tenant tenant, GroupDocument document, string path)
    {
        if (!Guid.TryParseExact(document.Id, "D", out var group))
        {
            return;
        }

        for (var i = 0; i < (document.Members?.Count ?? 0); i++)
        {
            var memberPath = $"{path}.members[{i}]";
            if (!IsId(document.Members![i], memberPath, out var member))
            {
                continue;
            }

            if (!tenant.Holds(member))
            {
                Error(memberPath, $"'{member}' is not a valid user or group of this tenant");
            }
            else if (!tenant.Memberships.Add(group, member))
            {
                Error(memberPath, $"'{member}' is listed twice");
            }
        }
    }

    private Application? ReadApplication(ApplicationDocument document, string path)
    {
        // An application without a secret is a public client, which can only sign people in.
        var isPublic = document.ClientSecret is null && document.RedirectUris is { Count: > 0 };
        if (!IsText(document.ClientId, $"{path}.clientId", MaxClientId)
            | !(isPublic || IsText(document.ClientSecret, $"{path}.clientSecret"))
            | !IsOptionalText(document.DisplayName, $"{path}.displayName"))
        {
            return null;
        }

        var roles = document.AppRoles ?? [];
        if (roles.Count > MaxAppRoles)
        {
            Error($"{path}.appRoles", $"has {roles.Count} items; the limit is {MaxAppRoles}");
        }

        for (var i = 0; i < Math.Min(roles.Count, MaxAppRoles); i++)
        {
            IsText(roles[i], $"{path}.appRoles[{i}]");
        }

        return new Application(
            document.ClientId!,
            document.ClientSecret,
            [.. roles.OfType<string>().Distinct(StringComparer.Ordinal)],
            ReadRedirectUris(document.RedirectUris ?? [], $"{path}.redirectUris"))
        {
            DisplayName = document.DisplayName ?? document.ClientId!,
        };
    }

    private List<RedirectUri> ReadRedirectUris(IReadOnlyList<string?> uris, string path)
    {
        var read = new List<RedirectUri>();
        if (uris.Count > MaxRedirectUris)
        {
            Error(path, $"has {uris.Count} items; the limit is {MaxRedirectUris}");
            return read;
        }

        for (var i = 0; i < uris.Count; i++)
        {
            if (!IsText(uris[i], $"{path}[{i}]"))
            {
                continue;
            }

            if (RedirectUri.TryParse(uris[i]!, out var uri))
            {
                read.Add(uri);
            }
            else
            {
                Error($"{path}[{i}]", $"'{Shortened(uris[i]!)}' is not a valid redirect URI; it must be an http or https URL on localhost, in 127.0.0.0/8 or on ::1, without query and fragment, as in http://localhost/signin-oidc");
            }
        }

        return read;
    }

    private IEnumerable<(string Path, T Item)> Items<T>(IReadOnlyList<T?>? list, string path, int limit) where T : LooseDocument
    {
        if (list?.Count > limit)
        {
            Error(path, $"has {list.Count} items; the limit is {limit}");
            yield break;
        }

        for (var i = 0; i < (list?.Count ?? 0); i++)
        {
            var itemPath = $"{path}[{i}]";
            if (list![i] is { } item)
            {
                NoteUnknown(item, $"{itemPath}.");
                yield return (itemPath, item);
            }
            else
            {
                Error(itemPath, "is null");
            }
        }
    }

    private bool IsNewId(Tenant tenant, string? value, string path, out Guid id)
    {
        if (!IsId(value, path, out id))
        {
            return false;
        }

        return !tenant.Holds(id) || Error(path, $"'{id}' is also the id of another user or group of this tenant");
    }

    private bool IsId(string? value, string path, out Guid id) =>
        (Guid.TryParseExact(value, "D", out id) && id != Guid.Empty)
        || Error(path, value is null ? "is missing" : $"'{Shortened(value)}' is not a GUID of the form 00000000-0000-4000-8000-000000000001");

    private bool IsText([NotNullWhen(true)] string? value, string path, int limit = MaxText) =>
        string.IsNullOrWhiteSpace(value) ? Error(path, "is missing or empty") : IsOptionalText(value, path, limit);

    private bool IsOptionalText(string? value, string path, int limit = MaxText) =>
        value is null || value.Length <= limit || Error(path, $"has {value.Length} characters; the limit is {limit}");

    private bool IsUserType(string? value, string path, out UserType userType)
    {
        userType = value == nameof(UserType.Guest) ? UserType.Guest : UserType.Member;
        return value is null or nameof(UserType.Member) or nameof(UserType.Guest)
            || Error(path, $"'{Shortened(value)}' is neither Member nor Guest");
    }

    private void CheckTotal(int count, int limit, string what)
    {
        if (count > limit)
        {
            Error("tenants", $"have {count} {what} in total; the limit is {limit}");
        }
    }

    private void NoteUnknown(LooseDocument document, string prefix)
    {
        foreach (var name in document.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            if (ignored.Count < MaxMessages)
            {
                ignored.Add($"{prefix}{Shortened(name)}");
            }
        }
    }

    private bool Error(string path, string what)
    {
        if (errors.Count < MaxMessages)
        {
            errors.Add($"{path} {what}");
        }
        else if (errors.Count == MaxMessages)
        {
            errors.Add("… and more");
        }

        return false;
    }

    private static string Shortened(string value) => value.Length <= 60 ? value : $"{value[..60]}…";
}
