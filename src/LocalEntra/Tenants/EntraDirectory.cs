using System.Diagnostics.CodeAnalysis;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>All that LocalEntra knows: the tenants, and the applications, which are in every tenant. Changes are held in memory; the file is never rewritten.</summary>
internal sealed class EntraDirectory(IReadOnlyDictionary<Guid, Tenant> tenants, IReadOnlyDictionary<string, Application> applications)
{
    /// <summary>Of which start it is: what counts changes of an earlier start means nothing in this one.</summary>
    public Guid Start { get; } = Guid.NewGuid();

    public IEnumerable<Tenant> Tenants => tenants.Values;

    public bool TryGetTenant(string tenantId, [NotNullWhen(true)] out Tenant? tenant)
    {
        tenant = null;
        return Guid.TryParseExact(tenantId, "D", out var id) && tenants.TryGetValue(id, out tenant);
    }

    /// <summary>Entra's names for a request that does not say the tenant.</summary>
    public static bool IsAnyTenant(string tenantId) => tenantId is "common" or "organizations";

    /// <summary>Whether any application has this as a redirect URI.</summary>
    public bool IsRedirectUri(string uri) => applications.Values.Any(application => application.MayRedirectTo(uri));

    public bool TryGetApplication(string clientId, [NotNullWhen(true)] out Application? application) =>
        applications.TryGetValue(clientId, out application);

    /// <param name="options">Where the directory is.</param>
    /// <param name="ignored">Paths of members that the format does not have, the first few of them.</param>
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
