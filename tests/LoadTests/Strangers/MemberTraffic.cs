using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Service;

namespace EngageCenter.LoadTests;

/// <summary>Members of one workspace who read in it over HTTP.</summary>
internal sealed class MemberTraffic
{
    private const int Members = 20;

    private static readonly Guid tenant = new("c0000000-0000-4000-8000-000000000000");
    private static readonly Guid group = new("c0000000-0000-4000-8000-000000000200");

    private readonly HttpClient http;
    private readonly string[] tokens;

    private MemberTraffic(HttpClient http, string[] tokens, string workspace) => (this.http, this.tokens, Workspace) = (http, tokens, workspace);

    public string Workspace { get; }

    /// <summary>Reads everything that a member may open, each equally often.</summary>
    public Scenario Scenario => new("members", random => new("read", () => Read(tokens[random.Next(tokens.Length)], random.Next(4))));

    /// <summary>Sets up the workspace, and lets every member sign in once.</summary>
    public static async Task<MemberTraffic> Start(HttpClient http, Tokens tokens)
    {
        var manager = tokens.Person(tenant, User(0), "Manager");
        var application = tokens.Application(tenant, "Agreements.ReadWrite.All");
        var agreement = await Put(http, "/v1/agreements/strangers", application, Agreement());
        var workspace = (string)agreement["workspaces"]![0]!["workspaceId"]!;
        await Put(http, $"/v1/workspaces/{workspace}/groups/{group}", manager, new JsonObject { ["roles"] = new JsonArray("SupportUser", "CustomerContractManager") });
        var traffic = new MemberTraffic(http, [.. Enumerable.Range(1, Members).Select(n => tokens.Person(tenant, User(n), $"Member {n}", group))], workspace);
        foreach (var token in traffic.tokens)
        {
            for (var what = 0; what < 4; what++)
            {
                await traffic.Read(token, what);
            }
        }

        return traffic;
    }

    private async Task Read(string token, int what)
    {
        var path = what switch
        {
            0 => $"/v1/workspaces/{Workspace}",
            1 => $"/v1/workspaces/{Workspace}/permissions",
            2 => $"/v1/workspaces/{Workspace}/groups",
            _ => "/v1/me/workspaces",
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        if (response.StatusCode != HttpStatusCode.OK || (what == 3 && !body.Contains(Workspace, StringComparison.Ordinal)))
        {
            throw new WrongAnswerException($"GET {path} answered a member {(int)response.StatusCode} {body}");
        }
    }

    private static Guid User(int n) => new($"c0000000-0000-4000-8000-{n.ToString("d12", CultureInfo.InvariantCulture)}");

    private static async Task<JsonNode> Put(HttpClient http, string path, string token, JsonNode body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"PUT {path} answered {(int)response.StatusCode} {text}");
    }

    private static JsonObject Agreement() => new()
    {
        ["name"] = "Contoso",
        ["agreementType"] = "EnterpriseSupportMca",
        ["organization"] = new JsonObject { ["tenantId"] = $"{tenant}", ["name"] = "Contoso" },
        ["startDate"] = "2020-01-01",
        ["endDate"] = "2099-12-31",
        ["contacts"] = new JsonArray(new JsonObject
        {
            ["role"] = "CustomerSupportManager",
            ["tenantId"] = $"{tenant}",
            ["userId"] = $"{User(0)}",
            ["displayName"] = "Manager",
            ["email"] = "manager@contoso.example",
        }),
        ["packages"] = new JsonArray(),
        ["billingReaders"] = new JsonArray(),
    };
}
