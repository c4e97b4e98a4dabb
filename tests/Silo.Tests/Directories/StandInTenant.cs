using System.Net.Http.Json;
using System.Text.Json;
using EngageCenter.Directories;
using EngageCenter.LocalEntra;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Identity.Abstractions;

namespace EngageCenter.Silo.Tests.Directories;

/// <summary>Runs LocalEntra with one tenant, and the directory with which a silo asks it.</summary>
public sealed class StandInTenant : IAsyncLifetime, IDisposable
{
    public const string Secret = "the secret of the tests";

    /// <summary>A person in 300 groups, among them <see cref="Nested"/> through <see cref="Outer"/>.</summary>
    public static readonly Guid Johanna = Id(1);
    public static readonly Guid Nobody = Id(99);
    public static readonly Guid Outer = Id(2001);
    public static readonly Guid Nested = Id(2002);
    public static readonly Guid Quiet = Id(2003);
    public static readonly Guid TenantId = Id(0);

    private readonly HttpClient client = new();
    private WebApplication entra = null!;

    public Uri Url { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var projects = Enumerable.Range(1, 298).Select(n => new { id = Id(3000 + n), displayName = $"Project {n}", members = new[] { Johanna } });
        var directory = new
        {
            tenants = new[]
            {
                new
                {
                    tenantId = TenantId,
                    displayName = "Contoso",
                    users = new[] { new { id = Johanna, displayName = "Johanna Lorenz", userPrincipalName = "johanna@contoso.example" } },
                    groups = projects
                        .Append(new { id = Outer, displayName = "Outer", members = new[] { Nested } })
                        .Append(new { id = Id(2003), displayName = "Conan's", members = Array.Empty<Guid>() })
                        .Append(new { id = Id(2004), displayName = "100 % & more?#", members = Array.Empty<Guid>() })
                        .Append(new { id = Nested, displayName = "Nested", members = new[] { Johanna } }),
                },
            },
        };
        entra = LocalEntraHost.Build(["--environment=Development"], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["LocalEntra:Url"] = "http://127.0.0.1:0",
                ["LocalEntra:DirectoryJson"] = JsonSerializer.Serialize(directory),
                ["LocalEntra:KeyFile"] = "",
                ["LocalEntra:ApiClientSecret"] = Secret,
            });
        });
        await entra.StartAsync();
        Url = LocalEntraHost.AddressesOf(entra).Http;
    }

    public async Task DisposeAsync() => await entra.DisposeAsync();

    public void Dispose() => client.Dispose();

    public async Task SetFaults(params object[] faults)
    {
        using var response = await client.PutAsJsonAsync(new Uri(Url, "graph/faults"), new { faults });
        response.EnsureSuccessStatusCode();
    }

    internal GraphDirectory Directory(string secret = Secret, params Guid[] tenants)
    {
        var options = new DirectoryOptions { ClientId = LocalEntraOptions.DefaultApiClientId, Instance = Url.ToString(), Graph = $"{Url}graph/v1.0" };
        options.ClientCredentials.Add(new CredentialDescription { SourceType = CredentialSource.ClientSecret, ClientSecret = secret });
        tenants.ToList().ForEach(options.Tenants.Add);
        return new(options.Checked(isDevelopment: true), TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async Task Put(Guid group, Guid member)
    {
        using var response = await client.PostAsJsonAsync(
            new Uri(Url, $"graph/v1.0/groups/{group}/members/$ref"), new Dictionary<string, string> { ["@odata.id"] = $"https://graph.microsoft.com/v1.0/directoryObjects/{member}" });
        response.EnsureSuccessStatusCode();
    }

    public async Task Take(Guid group, Guid member)
    {
        using var response = await client.DeleteAsync(new Uri(Url, $"graph/v1.0/groups/{group}/members/{member}/$ref"));
        response.EnsureSuccessStatusCode();
    }

    public async Task Name(Guid group, string displayName)
    {
        using var response = await client.PatchAsJsonAsync(new Uri(Url, $"graph/v1.0/groups/{group}"), new { displayName });
        response.EnsureSuccessStatusCode();
    }

    public async Task Enable(Guid person, bool isEnabled)
    {
        using var response = await client.PatchAsJsonAsync(new Uri(Url, $"graph/v1.0/users/{person}"), new { accountEnabled = isEnabled });
        response.EnsureSuccessStatusCode();
    }

    private static Guid Id(int number) => Guid.Parse($"c0000000-0000-4000-8000-{number:d12}");
}
