using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EngageCenter.Door;

/// <summary>A customer with one workspace, in which 200 groups hold a role: one group holds SupportUser, the others LearningUser.</summary>
internal sealed class Organization(DoorSettings settings)
{
    private const int MaxGroups = 200;
    private const int CohortSize = 20;
    private const int TokensAtOnce = 8;
    private const string Automation = "door-automation";
    private const string Secret = "benchmark";

    private static readonly Guid tenant = new("c0000000-0000-4000-8000-000000000000");
    private static readonly string manager = "manager";

    public static IReadOnlyList<Guid> Groups { get; } = [.. Enumerable.Range(0, MaxGroups).Select(n => Id(2, n))];

    /// <summary>The people who check, each in as many groups as the settings say.</summary>
    public ImmutableArray<Person> People { get; } = [.. Enumerable.Range(0, settings.People).Select(n => new Person($"person{n}", Id(1, n), settings.Groups))];

    /// <summary>Returns the people who list their workspaces and are in this many groups.</summary>
    public ImmutableArray<Person> Of(int groups) => [.. cohorts.Where(p => p.Groups == groups)];

    private readonly ImmutableArray<Person> cohorts =
    [
        .. new[] { 1, 20, MaxGroups }.SelectMany((groups, kind) => Enumerable.Range(0, CohortSize).Select(n => new Person($"in{groups}-{n}", Id(3 + kind, n), groups))),
    ];

    public string DirectoryJson() => new JsonObject
    {
        ["tenants"] = new JsonArray(new JsonObject
        {
            ["tenantId"] = $"{tenant}",
            ["displayName"] = "Contoso",
            ["users"] = new JsonArray([.. People.Concat(cohorts).Append(new(manager, Id(9, 0), 0)).Select(p => new JsonObject
            {
                ["id"] = $"{p.Id}",
                ["displayName"] = p.Name,
                ["userPrincipalName"] = $"{p.Name}@contoso.example",
                ["mail"] = $"{p.Name}@contoso.example",
                ["userType"] = "Member",
            })]),
            ["groups"] = new JsonArray([.. Groups.Select((id, n) => new JsonObject
            {
                ["id"] = $"{id}",
                ["displayName"] = $"Group {n}",
                ["members"] = new JsonArray([.. People.Concat(cohorts).Where(p => n < p.Groups).Select(p => JsonValue.Create($"{p.Id}"))]),
            })]),
        }),
        ["applications"] = new JsonArray(new JsonObject
        {
            ["clientId"] = Automation,
            ["clientSecret"] = Secret,
            ["appRoles"] = new JsonArray("Agreements.ReadWrite.All"),
        }),
    }.ToJsonString();

    /// <summary>Creates the agreement and grants the roles through the API.</summary>
    /// <returns>The workspace's id.</returns>
    public static async Task<string> SetUpAsync(Uri service, Uri entra)
    {
        using var http = new HttpClient { BaseAddress = service, Timeout = TimeSpan.FromSeconds(60) };
        var automation = await TokenAsync(http, entra, new()
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = Automation,
            ["client_secret"] = Secret,
            ["scope"] = "api://engage-center/.default",
        });
        var agreement = new JsonObject
        {
            ["name"] = "Contoso support",
            ["agreementType"] = "EnterpriseSupportMca",
            ["organization"] = new JsonObject { ["tenantId"] = $"{tenant}", ["name"] = "Contoso" },
            ["startDate"] = "2020-01-01",
            ["endDate"] = "2099-12-31",
            ["contacts"] = new JsonArray(new JsonObject
            {
                ["role"] = "CustomerSupportManager",
                ["tenantId"] = $"{tenant}",
                ["userId"] = $"{Id(9, 0)}",
                ["displayName"] = "Manager",
                ["email"] = "manager@contoso.example",
            }),
            ["packages"] = new JsonArray(),
            ["billingReaders"] = new JsonArray(),
        };
        var answer = await PutAsync(http, "/v1/agreements/door", automation, agreement);
        var workspaceId = answer.RootElement.GetProperty("workspaces")[0].GetProperty("workspaceId").GetString()!;
        var token = await PersonalTokenAsync(http, entra, manager);
        for (var n = 0; n < MaxGroups; n++)
        {
            var grant = new JsonObject { ["roles"] = new JsonArray(n == 0 ? "SupportUser" : "LearningUser") };
            (await PutAsync(http, $"/v1/workspaces/{workspaceId}/groups/{Groups[n]}", token, grant)).Dispose();
        }

        return workspaceId;
    }

    public static async Task<ImmutableArray<string>> TokensAsync(Uri entra, IEnumerable<Person> people)
    {
        using var http = new HttpClient();
        var tokens = ImmutableArray.CreateBuilder<string>();
        foreach (var some in people.Chunk(TokensAtOnce))
        {
            tokens.AddRange(await Task.WhenAll(some.Select(person => PersonalTokenAsync(http, entra, person.Name))));
        }

        return tokens.ToImmutable();
    }

    private static Task<string> PersonalTokenAsync(HttpClient http, Uri entra, string name) => TokenAsync(http, entra, new()
    {
        ["grant_type"] = "password",
        ["username"] = $"{name}@contoso.example",
        ["scope"] = "api://engage-center/access_as_user",
    });

    private static async Task<string> TokenAsync(HttpClient http, Uri entra, Dictionary<string, string> form)
    {
        using var body = new FormUrlEncodedContent(form);
        using var answer = await http.PostAsync(new Uri(entra, $"/{tenant}/oauth2/v2.0/token"), body);
        using var json = await ReadAsync(answer);
        return json.RootElement.GetProperty("access_token").GetString()!;
    }

    private static async Task<JsonDocument> PutAsync(HttpClient http, string path, string token, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return await ReadAsync(answer);
    }

    private static async Task<JsonDocument> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text)
            : throw new InvalidOperationException($"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri} was answered {(int)answer.StatusCode}: {text}");
    }

    private static Guid Id(int kind, int n) => new(0xc0000000, 0, 0x4000, 0x80, (byte)kind, 0, 0, 0, 0, (byte)(n >> 8), (byte)n);
}

/// <param name="Groups">How many groups the person is in, counted from the first one.</param>
internal sealed record Person(string Name, Guid Id, int Groups);
