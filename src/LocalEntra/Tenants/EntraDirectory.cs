using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// Holds all data of LocalEntra: the tenants, and the applications, which exist in every tenant. Changes are kept in memory;
/// the file is never rewritten.
/// </summary>
internal sealed class EntraDirectory(IReadOnlyDictionary<Guid, Tenant> tenants, IReadOnlyDictionary<string, Application> applications)
{
    /// <summary>
    /// Identifies this start of the process. Change numbers of an earlier start are meaningless in this one.
    /// </summary>
    public Guid Start { get; } = Guid.NewGuid();

    public IEnumerable<Tenant> Tenants => tenants.Values;

    public bool TryGetTenant(string tenantId, [NotNullWhen(true)] out Tenant? tenant)
    {
        tenant = null;
        return Guid.TryParseExact(tenantId, "D", out var id) && tenants.TryGetValue(id, out tenant);
    }

    /// <summary>Returns whether the name is one of Entra's names for a request that does not name a tenant.</summary>
    public static bool IsAnyTenant(string tenantId) => tenantId is "common" or "organizations";

    /// <summary>Returns whether it is a redirect URI of any application.</summary>
    public bool IsRedirectUri(string uri) => applications.Values.Any(application => application.MayRedirectTo(uri));

    public bool TryGetApplication(string clientId, [NotNullWhen(true)] out Application? application) =>
        applications.TryGetValue(clientId, out application);

    /// <param name="options">The settings that name the directory.</param>
    /// <param name="ignored">The paths of the first few unknown members in the file.</param>
    /// <exception cref="LocalEntraConfigurationException">The file is missing or its content is not valid.</exception>
    public static EntraDirectory Load(LocalEntraOptions options, out IReadOnlyList<string> ignored)
    {
        var document = DirectoryDocument.Read(options, out var source);
        var reader = new DirectoryReader();
        var directory = reader.Read(document);

        if (reader.Errors.Count > 0)
        {
            throw new LocalEntraConfigurationException($"{source} is not a valid directory:{Environment.NewLine}{string.Join(Environment.NewLine, reader.Errors.Select(error => $"  {error}"))}");
        }

        foreach (var tenant in directory.Tenants)
        {
            tenant.Changes.Start();
            tenant.PeopleChanges.Start();
        }

        ignored = reader.Ignored;
        return options.ApiClientSecret is { Length: > 0 } secret ? directory.WithApi(options.ApiClientId, secret) : directory;
    }

    private EntraDirectory WithApi(string clientId, string secret)
    {
        var api = applications.GetValueOrDefault(clientId) ?? new Application(clientId, null, [], []) { DisplayName = "The API" };
        return new(tenants, new Dictionary<string, Application>(applications, StringComparer.OrdinalIgnoreCase) { [clientId] = api with { ClientSecret = secret } });
    }
}
