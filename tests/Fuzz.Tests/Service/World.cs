using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.Fuzz.Contract;
using EngageCenter.Service;

namespace EngageCenter.Fuzz.Service;

/// <summary>
/// What one client of the fuzzer works on, and no other client: an organization with a workspace in which somebody holds each
/// role, and something of everything in it. What is here changes by this client's requests alone.
/// </summary>
internal sealed class World
{
    /// <summary>The technologies whose assessments the requests are about.</summary>
    private static readonly string[] technologies = ["ActiveDirectory", "EntraId", "Azure"];

    // What changes from one answer to the next with nobody's doing.
    private static readonly string[] ofTheMoment = ["asOf", "generatedAt", "traceId"];

    private readonly Client client;
    private readonly string prefix;
    private readonly string app;
    private readonly Dictionary<Roles, string> members;

    private World(Client client, ApiDocument document, Tokens tokens, int number, string foreign)
    {
        this.client = client;
        prefix = $"f{number}";
        Tenant = Id("tenant");
        Foreign = foreign;
        AppRoles = [.. document.Operations.Select(o => o.AppRole).OfType<string>().Distinct()];
        app = tokens.Application(Tenant, [.. AppRoles]);
        members = RoleTable.All.ToDictionary(d => d.Role, d => tokens.Person(Tenant, Id($"{d.Role}"), $"{d.Role}", Id($"group {d.Role}")));
        AllAppRoles = new("application with every app role", CallerKind.Application, app);
        Members = [.. members.Select(m => new Caller($"{m.Key}", CallerKind.Member, m.Value))];
        Applications = [AllAppRoles, .. AppRoles.Select(role => new Caller($"application with {role}", CallerKind.Application, tokens.Application(Tenant, role)))];
        var elsewhere = Id("elsewhere");
        Outsiders =
        [
            new("no token", CallerKind.Outside, null),
            new("stranger", CallerKind.Outside, tokens.Person(elsewhere, Id("stranger"), "stranger", Id("g1"), Id("g2"), Id("g3"))),
            new("colleague without a role", CallerKind.Outside, tokens.Person(Tenant, Id("colleague"), "colleague")),
            new("stranger with the administrators' group id", CallerKind.Outside, tokens.Person(elsewhere, Id("namesake"), "namesake", Id($"group {Roles.Administrator}"))),
            new("support manager's id in another tenant", CallerKind.Outside, tokens.Person(elsewhere, Id($"{Roles.CustomerSupportManager}"), "namesake")),
            new("token without the groups", CallerKind.Outside, tokens.Overage(Tenant, Id("overage"))),
            new("token without the scope", CallerKind.Outside, tokens.WithoutScope(Tenant, Id($"{Roles.CustomerSupportManager}"))),
            new("application without an app role", CallerKind.Outside, tokens.Application(Tenant)),
        ];
    }

    public Guid Tenant { get; }

    public string Workspace { get; private set; } = "";

    /// <summary>Another customer's workspace, which nobody here may know of and nobody changes.</summary>
    public string Foreign { get; }

    public IReadOnlyList<string> AppRoles { get; }

    public IReadOnlyList<Caller> Outsiders { get; }

    public IReadOnlyList<Caller> Members { get; }

    /// <summary>The members who between them may do everything that a person may.</summary>
    public IReadOnlyList<Caller> Writers =>
        [.. new[] { Roles.CustomerSupportManager, Roles.CustomerSuccessAccountManager, Roles.Administrator, Roles.LearningUser }.Select(role => new Caller($"{role}", CallerKind.Member, members[role]))];

    public IReadOnlyList<Caller> Applications { get; }

    public Caller AllAppRoles { get; }

    /// <param name="foreign">Empty for the first world, whose workspace is foreign to the others.</param>
    public static async Task<World> Create(Client client, ApiDocument document, Tokens tokens, int number, string foreign)
    {
        var world = new World(client, document, tokens, number, foreign);
        await world.Heal();
        await world.Fill();
        return world;
    }

    /// <summary>Brings back what the requests need: the agreement, and with it the workspace and the contract roles; and the groups' roles.</summary>
    public async Task Heal()
    {
        var agreement = await client.Json(HttpMethod.Put, $"/v1/agreements/{prefix}-1", app, Agreement());
        Workspace = (string)agreement["workspaces"]![0]!["workspaceId"]!;
        foreach (var role in RoleTable.All.Where(d => d.Assignment == RoleAssignment.EntraGroup || d.Role == Roles.User).Select(d => d.Role))
        {
            await client.Json(HttpMethod.Put, $"/v1/workspaces/{Workspace}/groups/{Id($"group {role}")}", members[Roles.CustomerSupportManager], new JsonObject { ["roles"] = new JsonArray($"{role}") });
        }
    }

    /// <summary>Values of a path's or a query's parameter that this world knows; none if it does not know the parameter.</summary>
    public IReadOnlyList<string> Values(string parameter) => parameter switch
    {
        "id" => [Workspace, Workspace, Workspace, Workspace, Workspace, Workspace, Foreign, "0123456789abcdef0123456789abcdef"],
        "agreementId" => [$"{prefix}-1", $"{prefix}-2", $"{prefix}-3"],
        "groupId" => [$"{Id($"group {Roles.SupportUser}")}", $"{Id($"group {Roles.LearningUser}")}", $"{Id("spare 1")}", $"{Id("spare 2")}", $"{Id("spare 3")}"],
        "tenantId" => [$"{Tenant}"],
        "userId" => [$"{Id($"{Roles.CustomerSupportManager}")}", $"{Id($"{Roles.SupportUser}")}", $"{Id("colleague")}"],
        "activityId" => ["onboarding", "a-1", "a-2", "a-3", "a-4"],
        "technology" => technologies,
        "runId" => [$"{technologies[0]}-1", $"{technologies[0]}-2", $"{technologies[1]}-1", $"{technologies[2]}-1"],
        "courseId" => [$"{prefix}-course", $"{prefix}-c1", $"{prefix}-c2"],
        "slug" => ["invalid-request", "workspace-not-found"],
        "packageId" => ["contoso-unified"],
        "billingAccountId" => ["account"],
        "billingProfileId" => ["profile"],
        "product" => ["Azure", "Microsoft Entra ID"],
        "language" => ["en", "pt-BR"],
        _ => [],
    };

    /// <summary>A body that the operation takes from whoever may ask it: the document's example, with this world's ids in it.</summary>
    public JsonNode? Example(ApiOperation operation)
    {
        if (operation.Template == "/v1/agreements/{agreementId}")
        {
            return Agreement();
        }

        if (operation.Bodies.GetValueOrDefault("application/json")?.Example is not { } example)
        {
            return null;
        }

        var body = JsonNode.Parse(example.GetRawText())!;
        Replace(body);
        return body;
    }

    /// <summary>The state of all that the client's requests are about, as those who may read it see it.</summary>
    public async Task<IReadOnlyDictionary<string, string>> Snapshot()
    {
        var manager = members[Roles.CustomerSupportManager];
        var account = members[Roles.CustomerSuccessAccountManager];
        var at = $"/v1/workspaces/{Workspace}";
        var all = "pageSize=50";
        List<(string Path, string Token)> questions =
        [
            .. Values("agreementId").Select(id => ($"/v1/agreements/{id}", app)),
            .. Values("courseId").Select(id => ($"/v1/learning/courses/{id}", account)),
            (at, manager), ($"{at}/groups?{all}", manager), ($"{at}/users?{all}", manager), ($"{at}/audit-events?pageSize=5", manager),
            ($"{at}/support-cases?{all}", manager), ($"{at}/activities?{all}", manager), ($"{at}/proof-of-execution", manager), ($"{at}/support-insights?from=2020-01-01T00:00:00Z&to=2027-01-01T00:00:00Z", manager), ($"{at}/permissions", manager),
            ($"{at}/account-team?billingAccountId=account", manager),
            ($"{at}/assessments?{all}", account), ($"{at}/learning/consumption", account), ($"{at}/learning/transcript", account), ($"{at}/learning/transcript", members[Roles.LearningUser]),
            .. technologies.Select(t => ($"{at}/assessments/{t}/runs?{all}", account)),
            .. technologies.Select(t => ($"{at}/assessments/{t}/recommendations?{all}", account)),
            .. new[] { manager, account, members[Roles.Administrator], members[Roles.LearningUser] }.SelectMany(person => new[] { ("/v1/me", person), ("/v1/me/workspaces", person) }),
        ];
        var state = new Dictionary<string, string>();
        for (var i = 0; i < questions.Count; i++)
        {
            var answer = await client.Get(questions[i].Path, questions[i].Token);
            Assert.True(answer.Status < 500, $"The state cannot be read: {questions[i].Path} answered {answer.Status} {answer.Text}");
            state[$"{questions[i].Path} #{i.ToString(CultureInfo.InvariantCulture)}"] = $"{answer.Status} {Stable(answer.Body)}";
        }

        return state;
    }

    private static string Stable(byte[] body)
    {
        var node = JsonNode.Parse(body)!;
        foreach (var name in ofTheMoment)
        {
            node.AsObject().Remove(name);
        }

        return node.ToJsonString();
    }

    private async Task Fill()
    {
        var (manager, account) = (members[Roles.CustomerSupportManager], members[Roles.CustomerSuccessAccountManager]);
        var at = $"/v1/workspaces/{Workspace}";
        // Everybody's first sign-in is stored: after this nobody's reading is a first time.
        foreach (var caller in Members.Concat(Outsiders.Where(o => o.Token is not null)))
        {
            await client.Get("/v1/me", caller.Token);
            await client.Get("/v1/me/workspaces", caller.Token);
            await client.Get(at, caller.Token);
        }

        await client.Json(HttpMethod.Put, $"/v1/learning/courses/{prefix}-course", app, new JsonObject
        {
            ["title"] = "Azure networking",
            ["format"] = "Workshop",
            ["product"] = "Azure",
            ["language"] = "en",
            ["durationMinutes"] = 480,
        });
        await client.Json(HttpMethod.Put, $"{at}/learning/enrollments/{prefix}-course", members[Roles.LearningUser], new JsonObject { ["progressPercent"] = 40 });
        await client.Json(HttpMethod.Put, $"{at}/activities/onboarding", app, new JsonObject
        {
            ["packageId"] = "contoso-unified",
            ["kind"] = "Proactive",
            ["title"] = "Onboarding",
            ["status"] = "Delivered",
            ["hoursDelivered"] = 12.5,
            ["deliveredAt"] = "2026-07-02T15:00:00Z",
        });
        await client.Json(HttpMethod.Post, $"{at}/support-cases", app, new JsonObject { ["value"] = new JsonArray(Case("SR-1"), Case("SR-2"), Case("SR-3")) });
        await client.Json(HttpMethod.Put, $"{at}/assessments/{technologies[1]}", account, new JsonObject { ["interval"] = "P30D" });
        await client.Json(HttpMethod.Post, $"{at}/assessments/{technologies[0]}/runs", account);
        await client.Json(HttpMethod.Put, $"{at}/assessments/{technologies[0]}/runs/{technologies[0]}-1/results", app, new JsonObject
        {
            ["status"] = "Completed",
            ["recommendations"] = new JsonArray(new JsonObject
            {
                ["recommendationId"] = "AD-1",
                ["focusArea"] = "SecurityAndCompliance",
                ["title"] = "Do something",
                ["businessImpact"] = 5,
                ["probability"] = 4,
                ["effort"] = 2,
                ["affectedObjects"] = 3,
            }),
        });
        await client.Json(HttpMethod.Put, "/v1/me/current-workspace", manager, new JsonObject { ["workspaceId"] = Workspace });
    }

    private static JsonObject Case(string id) => new()
    {
        ["caseId"] = id,
        ["revision"] = 1,
        ["lastUpdatedAt"] = "2026-07-02T12:00:00Z",
        ["createdAt"] = "2026-07-01T08:00:00Z",
        ["title"] = "Sign-in is slow",
        ["status"] = "InProgress",
        ["severity"] = "A",
        ["product"] = "Azure",
    };

    private JsonObject Agreement() => new()
    {
        ["name"] = "Contoso Enterprise Support",
        ["agreementType"] = "EnterpriseSupportMca",
        ["organization"] = new JsonObject { ["tenantId"] = $"{Tenant}", ["name"] = "Contoso" },
        ["startDate"] = "2020-01-01",
        ["endDate"] = "2099-12-31",
        ["contacts"] = new JsonArray(Contact(Roles.CustomerSupportManager), Contact(Roles.CustomerSuccessAccountManager), Contact(Roles.IncidentManager)),
        ["packages"] = new JsonArray(new JsonObject
        {
            ["packageId"] = "contoso-unified",
            ["kind"] = "EnterpriseWide",
            ["name"] = "Unified",
            ["startDate"] = "2020-01-01",
            ["endDate"] = "2099-12-31",
            ["billingAccountId"] = "account",
            ["billingProfileId"] = "profile",
            ["hoursPurchased"] = 400,
        }),
        ["billingReaders"] = new JsonArray(new JsonObject { ["billingAccountId"] = "account", ["tenantId"] = $"{Tenant}", ["userId"] = $"{Id($"{Roles.CustomerSupportManager}")}" }),
    };

    private JsonObject Contact(Roles role) => new()
    {
        ["role"] = $"{role}",
        ["tenantId"] = $"{Tenant}",
        ["userId"] = $"{Id($"{role}")}",
        ["displayName"] = $"{role}",
        ["email"] = "a@contoso.example",
        ["isPrimary"] = true,
    };

    // An example's ids become ours, by the names of their fields.
    private void Replace(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject entity when entity["type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String && entity.ContainsKey("id"):
                entity["id"] = (string?)type == "workspace" ? Workspace : $"{Tenant}/{Id($"{Roles.CustomerSupportManager}")}";
                break;
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    if (value is JsonValue && value.GetValueKind() == JsonValueKind.String && Own(name) is { } own)
                    {
                        members[name] = own;
                    }
                    else
                    {
                        Replace(value);
                    }
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Replace(item);
                }

                break;
            default:
                break;
        }
    }

    private string? Own(string name) => name switch
    {
        "workspaceId" => Workspace,
        "tenantId" => $"{Tenant}",
        "userId" => $"{Id($"{Roles.CustomerSupportManager}")}",
        "packageId" => "contoso-unified",
        _ => null,
    };

    // Clients share nothing, so the same name is another id for each.
    private Guid Id(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{prefix}/{name}")).AsSpan(0, 16));
}
