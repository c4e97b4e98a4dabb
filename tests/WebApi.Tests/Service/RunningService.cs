using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.LocalEntra;
using EngageCenter.Script;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.Providers;
using Orleans.Storage;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Runs the service as it is: LocalEntra, a silo on SQLite and the web API, on loopback, called over HTTP with real tokens.
/// With <c>AGAINST=cluster</c>, it is the cluster that <c>./cluster</c> starts: three silos on Redis and Azurite, and
/// requests alternate between two web nodes. Then use <c>--filter Needs!=OneProcess</c> to leave out tests that look into
/// the process. <c>./test</c> also leaves out <c>Decides=WebNode</c>: tests of what a web node answers by itself.
/// </summary>
[CollectionDefinition(Collection)]
[SuppressMessage("Design", "CA1001", Justification = "xunit ends it, by IAsyncLifetime.")]
public sealed class RunningService : IAsyncLifetime, ICollectionFixture<RunningService>
{
    /// <summary>The tests that share one service. They run one after another; each has its own workspaces.</summary>
    public const string Collection = "The running service";

    /// <summary>A course that is in the catalogue from the start.</summary>
    public const string Course = "course";

    private readonly string folder = Directory.CreateTempSubdirectory("engage-center-").FullName;
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> tokens = new();
    private WebApplication entra = null!;
    private WebApplication? service;
    private ClusterScript? cluster;
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> workspaces = new();
    private readonly string keyFile;
    private int agreements;
    private int people;
    private int teams;

    public RunningService() => keyFile = Path.Combine(folder, "key.pem");

    internal FaultyStorage Storage => field ??= (FaultyStorage)Services.GetRequiredKeyedService<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME);

    /// <summary>
    /// LocalEntra's clock. It stands still, one hour behind, so that a test can make newer tokens, second by second.
    /// </summary>
    public FakeTimeProvider EntraTime { get; } = new(TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1));

    public HttpClient Http { get; private set; } = null!;

    public string EntraUrl => entra.Urls.Single();

    /// <exception cref="InvalidOperationException">The service is a cluster.</exception>
    public IServiceProvider Services => service?.Services ?? throw new InvalidOperationException("A cluster has no services here: --filter Needs!=OneProcess");

    public async Task InitializeAsync()
    {
        entra = LocalEntraHost.Build(["--environment=Development"], builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["LocalEntra:Url"] = "http://127.0.0.1:0",
                ["LocalEntra:DirectoryJson"] = TestDirectory.Json(),
                ["LocalEntra:KeyFile"] = keyFile,
                ["LocalEntra:TokenLifetime"] = "12:00:00",
            });
            builder.Services.AddSingleton<TimeProvider>(EntraTime);
        });
        await entra.StartAsync();
        Http = Environment.GetEnvironmentVariable("AGAINST") == "cluster" ? await StartCluster() : await StartProcess();
        await Json(HttpMethod.Put, $"/v1/learning/courses/{Course}", await AppToken(), CourseBody());
    }

    private async Task<HttpClient> StartProcess()
    {
        var builder = WebApplication.CreateBuilder(["--environment=Development"]);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["WebApi:Url"] = "http://127.0.0.1:0",
            ["AzureAd:Instance"] = $"{EntraUrl}/",
            ["AzureAd:TenantId"] = "common",
            ["AzureAd:ClientId"] = LocalEntraOptions.DefaultApiClientId,
            ["Storage:SqliteFile"] = Path.Combine(folder, "state.db"),
            ["Orleans:Endpoints:SiloPort"] = $"{FreePort.Next()}",
            ["Orleans:Endpoints:GatewayPort"] = $"{FreePort.Next()}",

            ["Dashboard:Enabled"] = "true",

            // After a fault, a change waits for leases that may be held: here only briefly.
            ["Access:Lease"] = "00:00:01",
            ["Access:Authority"] = "00:00:01",
        });
        builder.AddEngageCenterSilo();
        builder.AddEngageCenterWebApi();
        FaultyStorage.Wrap(builder.Services);
        service = builder.Build();
        service.MapEngageCenterWebApi();
        await service.StartAsync();
        return new() { BaseAddress = new Uri(service.Urls.Single()) };
    }

    public async Task DisposeAsync()
    {
        Http?.Dispose();
        await (service?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        await entra.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Returns a person's token, of Contoso by default. Cached, so that a person's token stays the same.</summary>
    public Task<string> Token(string person, string tenant = TestDirectory.Contoso) =>
        Token($"{tenant}/{person}", tenant, PasswordGrant(person));

    /// <summary>Returns a token issued at the current <see cref="EntraTime"/>.</summary>
    public Task<string> FreshToken(string person) => Ask(TestDirectory.Contoso, PasswordGrant(person));

    /// <summary>Returns a token that is newer than all before it.</summary>
    public Task<string> NewerToken(string person)
    {
        EntraTime.Advance(TimeSpan.FromSeconds(1));
        return FreshToken(person);
    }

    public Task<string> AppToken(string application = TestDirectory.Automation) => Token(application, TestDirectory.Contoso, new()
    {
        ["grant_type"] = "client_credentials",
        ["client_id"] = application,
        ["client_secret"] = TestDirectory.Secret,
        ["scope"] = "api://engage-center/.default",
    });

    /// <param name="body">JSON as text or as a node, or any HTTP content.</param>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string path, string? token, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        request.Content = body switch
        {
            HttpContent content => content,
            JsonNode json => JsonContent.Create(json),
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            null => null,
            _ => throw new ArgumentException("Neither JSON nor content.", nameof(body)),
        };

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request);
    }

    /// <summary>Sends a request that must succeed; returns its response.</summary>
    public async Task<JsonNode> Json(HttpMethod method, string path, string token, object? body = null)
    {
        using var response = await Send(method, path, token, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path} answered {(int)response.StatusCode} {text}");
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    public async Task<JsonNode> Get(string path, string token) => await Json(HttpMethod.Get, path, token);

    /// <summary>
    /// Returns an agreement of Contoso with a contact for each contract role: the Customer Support Manager from Contoso, the
    /// others from Microsoft.
    /// </summary>
    public static JsonObject Agreement(string name = "Contoso Enterprise Support") => new()
    {
        ["name"] = name,
        ["agreementType"] = "EnterpriseSupportMca",
        ["organization"] = new JsonObject { ["tenantId"] = TestDirectory.Contoso, ["name"] = "Contoso" },
        ["startDate"] = "2020-01-01",
        ["endDate"] = "2099-12-31",
        ["contacts"] = new JsonArray(
            Contact(Roles.CustomerSupportManager, TestDirectory.Contoso),
            Contact(Roles.CustomerSuccessAccountManager, TestDirectory.Microsoft),
            Contact(Roles.IncidentManager, TestDirectory.Microsoft)),
        ["packages"] = new JsonArray(Package("contoso-unified")),
        ["billingReaders"] = new JsonArray(),
    };

    public static JsonObject Contact(Roles role, string tenant) => new()
    {
        ["role"] = $"{role}",
        ["tenantId"] = tenant,
        ["userId"] = TestDirectory.UserId(TestDirectory.PersonOf(role)).ToString(),
        ["displayName"] = TestDirectory.PersonOf(role),
        ["email"] = TestDirectory.Upn(TestDirectory.PersonOf(role)),
    };

    public static JsonObject Package(string id) => new()
    {
        ["packageId"] = id,
        ["kind"] = "EnterpriseWide",
        ["name"] = id,
        ["startDate"] = "2020-01-01",
        ["endDate"] = "2099-12-31",
        ["billingAccountId"] = "account",
        ["billingProfileId"] = "profile",
    };

    public static JsonObject CourseBody(params (string Name, JsonNode? Value)[] changes)
    {
        var course = new JsonObject { ["title"] = "Azure networking in depth", ["format"] = "Workshop", ["product"] = "Azure", ["language"] = "en", ["durationMinutes"] = 480 };
        foreach (var (name, value) in changes)
        {
            course[name] = value;
        }

        return course;
    }

    public string NewAgreementId() => $"agreement-{Interlocked.Increment(ref agreements)}";

    /// <summary>
    /// Creates a workspace of Contoso in which everybody of <see cref="TestDirectory"/> holds the role of their name, with
    /// one activity and one assessment run.
    /// </summary>
    public async Task<string> Workspace(bool granted = true)
    {
        var agreement = await Json(HttpMethod.Put, $"/v1/agreements/{NewAgreementId()}", await AppToken(), Agreement());
        var workspace = (string)agreement["workspaces"]![0]!["workspaceId"]!;
        foreach (var definition in RoleTable.All.Where(d => granted && (RoleTable.Assignable & d.Role) != 0))
        {
            await Json(
                HttpMethod.Put, $"/v1/workspaces/{workspace}/groups/{TestDirectory.GroupId(definition.Role)}",
                await ManagerToken(), new JsonObject { ["roles"] = new JsonArray($"{definition.Role}") });
        }

        if (granted)
        {
            await PutActivity(workspace, Activities.Onboarding);
            await Run(workspace, Runs.Assessed);
            await Report(workspace, Runs.Assessed, Runs.First(Runs.Assessed), Runs.Results());
        }

        return workspace;
    }

    public async Task<JsonNode> PutActivity(string workspace, string activityId, params (string Name, JsonNode? Value)[] changes) =>
        await Json(HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/{activityId}", await AppToken(), Activities.Of(changes));

    /// <summary>Starts a run; returns its id.</summary>
    public async Task<string> Run(string workspace, string technology) => (string)(await Json(
        HttpMethod.Post, $"/v1/workspaces/{workspace}/assessments/{technology}/runs", await TokenOf(Roles.CustomerSuccessAccountManager)))["runId"]!;

    public async Task<JsonNode> Report(string workspace, string technology, string runId, JsonObject results) => await Json(
        HttpMethod.Put, $"/v1/workspaces/{workspace}/assessments/{technology}/runs/{runId}/results", await AppToken(), results);

    /// <summary>Returns the workspace that all tests with the same <paramref name="purpose"/> share.</summary>
    public Task<string> WorkspaceFor(string purpose) => workspaces.GetOrAdd(purpose, _ => new(() => Workspace())).Value;

    /// <summary>Returns a person of Contoso whom no other test uses, and who is in no group.</summary>
    public string NewPerson() => TestDirectory.Spare(Interlocked.Increment(ref people) - 1);

    /// <summary>Returns a group of Contoso without members that no other test uses.</summary>
    public Guid NewTeam() => TestDirectory.Team(Interlocked.Increment(ref teams) - 1);

    /// <summary>Adds a person to a group; the person's next token contains it.</summary>
    public async Task Join(Guid group, string person)
    {
        using var response = await Http.PostAsync(
            new Uri($"{EntraUrl}/graph/v1.0/groups/{group}/members/$ref"),
            JsonContent.Create(new JsonObject { ["@odata.id"] = $"{EntraUrl}/graph/v1.0/directoryObjects/{TestDirectory.UserId(person)}" }));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    public async Task Leave(Guid group, string person)
    {
        using var response = await Http.DeleteAsync(new Uri($"{EntraUrl}/graph/v1.0/groups/{group}/members/{TestDirectory.UserId(person)}/$ref"));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    /// <summary>Grants a group roles in a workspace.</summary>
    public async Task Grant(string workspace, Guid group, params Roles[] roles) => await Json(
        HttpMethod.Put, $"/v1/workspaces/{workspace}/groups/{group}", await ManagerToken(),
        new JsonObject { ["roles"] = new JsonArray([.. roles.Select(r => JsonValue.Create($"{r}"))]) });

    public async Task Revoke(string workspace, Guid group) =>
        await Json(HttpMethod.Delete, $"/v1/workspaces/{workspace}/groups/{group}", await ManagerToken());

    /// <summary>Returns the token of a person who has AccessLearning in some workspace.</summary>
    public async Task<string> Learner()
    {
        await WorkspaceFor(nameof(Learner));
        return await TokenOf(Roles.LearningUser);
    }

    /// <summary>Completes <see cref="Course"/> as the person who holds the role.</summary>
    public async Task Enroll(string workspace, Roles role) => await Json(
        HttpMethod.Put, $"/v1/workspaces/{workspace}/learning/enrollments/{Course}", await TokenOf(role), new JsonObject { ["progressPercent"] = 100 });

    /// <summary>Returns LocalEntra's signing key, for tokens that only a test creates.</summary>
    internal RSA EntraKey()
    {
        var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(keyFile));
        return key;
    }

    public Task<string> ManagerToken() => TokenOf(Roles.CustomerSupportManager);

    /// <summary>Returns the token of a caller who may send the request in a workspace of <see cref="Agreement"/>.</summary>
    internal Task<string> TokenFor(ValidRequest request) => request.IsApplications ? AppToken() : TokenOf(request.Holder);

    /// <summary>Returns the token of the person who holds a role, from that person's tenant.</summary>
    public Task<string> TokenOf(Roles role) => Token(
        TestDirectory.PersonOf(role),
        role is Roles.CustomerSuccessAccountManager or Roles.IncidentManager ? TestDirectory.Microsoft : TestDirectory.Contoso);

    private async Task<HttpClient> StartCluster()
    {
        cluster = new();
        var up = await cluster.Up(
            "--silos", "3", "--web", "2",
            "--set", $"AzureAd__Instance={EntraUrl}/", "--set", $"AzureAd__ClientId={LocalEntraOptions.DefaultApiClientId}",
            "--set", "Dashboard__Enabled=true", "--set", "Directory__Tenants__0=f0000000-0000-4000-8000-000000000000", "--set", "Access__Lease=00:00:01", "--set", "Access__Authority=00:00:01");
        Assert.True(up.ExitCode == 0, $"{up}");
        Uri[] web = [.. (await cluster.Status()).Where(m => m.Kind == "web").Select(m => m.Url!)];
        return new(new InTurns(web)) { BaseAddress = web[0] };
    }

    private static Dictionary<string, string> PasswordGrant(string person) => new()
    {
        ["grant_type"] = "password",
        ["username"] = TestDirectory.Upn(person),
        ["scope"] = "api://engage-center/access_as_user",
    };

    private Task<string> Token(string key, string tenant, Dictionary<string, string> form) =>
        tokens.GetOrAdd(key, _ => new(() => Ask(tenant, form))).Value;

    private async Task<string> Ask(string tenant, Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = await Http.PostAsync(new Uri($"{EntraUrl}/{tenant}/oauth2/v2.0/token"), content);
        var answer = await response.Content.ReadFromJsonAsync<JsonObject>();
        return (string)answer!["access_token"]!;
    }
}

/// <summary>Sends requests to several web nodes in turn.</summary>
internal sealed class InTurns(IReadOnlyList<Uri> web) : DelegatingHandler(new SocketsHttpHandler())
{
    private uint next;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri!.Authority == web[0].Authority)
        {
            request.RequestUri = new(web[(int)(Interlocked.Increment(ref next) % web.Count)], request.RequestUri.PathAndQuery);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
