using System.Net;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests which tokens the service accepts.</summary>
[Collection(RunningService.Collection)]
public class TokenTests(RunningService service)
{
    private static readonly TimeSpan skew = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Without_a_valid_token_every_endpoint_answers_401()
    {
        var workspace = await service.WorkspaceFor(nameof(TokenTests));
        var person = Invalid(new Forgery(service, await service.ManagerToken()));
        var app = Invalid(new Forgery(service, await service.AppToken()));
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0"))
        {
            foreach (var (name, token) in request.IsApplications ? app : person)
            {
                await rows.Try($"{request}, {name}", async () =>
                {
                    using var response = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                    await response.IsProblem(401, "unauthenticated");
                    Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
                });
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Token_must_have_version_2_and_an_audience()
    {
        var person = new Forgery(service, await service.ManagerToken());
        (string Name, object? Value)[] changes =
        [
            ("ver", "1.0"), ("tid", null), ("tid", "contoso.example"), ("tid", TestDirectory.Fabrikam), ("oid", null), ("oid", "somebody"),
            ("iat", null), ("iat", Forgery.Seconds(TimeSpan.FromMinutes(10))), ("iat", -1L), ("groups", new[] { "Administrators" }),
            ("exp", null), ("aud", null), ("iss", null),
        ];
        var rows = new Rows();
        foreach (var change in changes)
        {
            await rows.Try($"{change.Name} = {change.Value}", async () =>
            {
                using var response = await service.Send(HttpMethod.Get, "/v1/me", person.With(change));
                await response.IsProblem(401, "unauthenticated");
            });
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Token_is_valid_within_the_clock_skew()
    {
        var person = new Forgery(service, await service.Token(TestDirectory.Outsider));
        string[] tokens =
        [
            person.With(),
            person.With(("exp", Forgery.Seconds(-skew / 2))),
            person.With(("nbf", Forgery.Seconds(skew / 2))),
        ];
        foreach (var token in tokens)
        {
            using var response = await service.Send(HttpMethod.Get, "/v1/roles", token);
            await response.Is(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("bearer-ish")]
    [InlineData("")]
    public async Task Only_bearer_tokens_are_read(string scheme)
    {
        using var response = await service.Send(
            HttpMethod.Get, "/v1/roles", null, null, ("Authorization", $"{scheme} {await service.ManagerToken()}".Trim()));
        await response.IsProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Token_in_the_query_is_ignored()
    {
        using var response = await service.Send(HttpMethod.Get, $"/v1/roles?access_token={await service.ManagerToken()}", null);
        await response.IsProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Every_endpoint_for_persons_requires_the_scope()
    {
        var workspace = await service.WorkspaceFor(nameof(TokenTests));
        var person = new Forgery(service, await service.ManagerToken());
        string[] tokens = [person.With(("scp", null)), person.With(("scp", "access_as_user_too User.Read")), person.With(("scp", "ACCESS_AS_USER"))];
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => !r.IsApplications))
        {
            foreach (var token in tokens)
            {
                await rows.Try($"{request}", async () =>
                {
                    using var response = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                    var problem = await response.IsProblem(403, "missing-scope");
                    Assert.Equal("access_as_user", (string?)problem["scope"]);
                });
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task One_of_several_scopes_is_enough()
    {
        var token = new Forgery(service, await service.Token(TestDirectory.Outsider)).With(("scp", "User.Read access_as_user"));
        using var response = await service.Send(HttpMethod.Get, "/v1/roles", token);
        await response.Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Person_and_application_cannot_act_as_each_other()
    {
        var workspace = await service.WorkspaceFor(nameof(TokenTests));
        var (person, app) = (await service.ManagerToken(), await service.AppToken());
        // A person's token with app roles is still a person's token.
        var roled = new Forgery(service, person).With(("roles", TestDirectory.AppRoles.ToArray()));
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.AppRoleBeside is null))
        {
            foreach (var token in request.IsApplications ? [person, roled] : new[] { app })
            {
                await rows.Try($"{request}", async () =>
                {
                    using var response = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                    await response.IsProblem(403, "wrong-caller");
                });
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Application_needs_the_app_role_of_the_endpoint()
    {
        var workspace = await service.WorkspaceFor(nameof(TokenTests));
        var app = new Forgery(service, await service.AppToken());
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => (r.AppRole ?? r.AppRoleBeside) is not null))
        {
            var needed = (request.AppRole ?? request.AppRoleBeside)!;
            var other = TestDirectory.AppRoles.Except([needed]).ToArray();
            foreach (var token in (string[])[await service.AppToken(TestDirectory.Powerless), app.With(("roles", other)), app.With(("roles", new[] { needed.ToLowerInvariant() }))])
            {
                await rows.Try($"{request}", async () =>
                {
                    using var response = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                    var problem = await response.IsProblem(403, "missing-permission");
                    Assert.Equal(needed, (string?)problem["appRole"]);
                    Assert.Null(problem["permission"]);
                });
            }
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Access_is_unconfirmed_for_a_person_with_too_many_groups_for_a_token()
    {
        var workspace = await service.Workspace();
        await service.Grant(workspace, TestDirectory.SpareGroup(7), Roles.Administrator);
        var token = await service.Token(TestDirectory.Overage);
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.NeedsDecision && r.Endpoint != "GET /v1/me"))
        {
            await rows.Try($"{request}", async () =>
            {
                using var response = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                var problem = await response.IsProblem(503, "access-unconfirmed");
                Assert.Contains("leaves out the caller's groups", (string?)problem["detail"], StringComparison.Ordinal);
            });
        }

        rows.AllHold();

        // The caller's own profile needs no right.
        Assert.Equal(TestDirectory.Overage, (string?)(await service.Get("/v1/me", token))["displayName"]);
    }

    [Fact]
    public async Task Contact_with_a_token_without_groups_has_only_confirmed_rights_from_the_contract()
    {
        var workspace = await service.Workspace();
        var contact = new Forgery(service, await service.ManagerToken()).With(("groups", null), ("hasgroups", true));
        var given = RoleTable.PermissionsOf(Roles.CustomerSupportManager | Roles.User);
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "77").Where(r => !r.IsApplications))
        {
            // The token does not say which workspaces the groups open, or what else they allow.
            var isGiven = request.Endpoint is not ("GET /v1/me/workspaces" or "GET /v1/me/switcher" or "POST /access/v1/search/resource" or "POST /access/v1/search/action") && (given & (request.Required ?? Permissions.None)) == (request.Required ?? Permissions.None);
            await rows.Try($"{request}", async () =>
            {
                using var response = await service.Send(request.Method, request.Path, contact, request.Body?.DeepClone());
                if (isGiven)
                {
                    Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}");
                }
                else
                {
                    await response.IsProblem(503, "access-unconfirmed");
                }
            });
        }

        rows.AllHold();
        using var partly = await service.Send(
            HttpMethod.Post, $"/v1/workspaces/{workspace}/permissions/check", contact, """{"permissions":["RenameSpace","AccessLearning"]}""");
        await partly.IsProblem(503, "access-unconfirmed");
    }

    [Fact]
    public async Task Token_without_the_groups_keeps_the_known_groups()
    {
        var (workspace, person, team) = await Member(Roles.Administrator);
        var full = await service.NewerToken(person);
        await service.Get($"/v1/workspaces/{workspace}", full);

        service.EntraTime.Advance(TimeSpan.FromSeconds(1));
        var markers = new (string, object?)[][]
        {
            [("groups", null), ("hasgroups", true)],
            [("groups", null), ("hasgroups", "true")],
            [("groups", null), ("_claim_names", new Dictionary<string, string> { ["groups"] = "src1" })],
        };
        foreach (var marker in markers)
        {
            var partial = new Forgery(service, await service.FreshToken(person)).With(marker);
            using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", partial);
            await response.IsProblem(503, "access-unconfirmed");
        }

        await service.Get($"/v1/workspaces/{workspace}", full);
        Assert.NotEqual(Guid.Empty, team);
    }

    [Fact]
    public async Task Older_token_never_brings_groups_back()
    {
        var (workspace, person, team) = await Member(Roles.Administrator);
        var first = await service.NewerToken(person);
        await service.Get($"/v1/workspaces/{workspace}", first);

        await service.Leave(team, person);
        var second = await service.NewerToken(person);
        await ShutOut(workspace, second);
        await ShutOut(workspace, first);

        await service.Join(team, person);
        var third = await service.NewerToken(person);
        await service.Get($"/v1/workspaces/{workspace}", third);
        // The newest known token decides, so the token without groups removes nothing any more.
        await service.Get($"/v1/workspaces/{workspace}", second);
    }

    [Fact]
    public async Task Newer_token_counts_everywhere_whatever_endpoint_received_it()
    {
        var (workspace, person, team) = await Member(Roles.Administrator);
        var first = await service.NewerToken(person);
        await service.Get($"/v1/workspaces/{workspace}", first);

        await service.Leave(team, person);
        await service.Get("/v1/me", await service.NewerToken(person));
        await ShutOut(workspace, first);
    }

    [Fact]
    public async Task Only_groups_in_both_of_two_tokens_of_the_same_second_count()
    {
        var (workspace, person, team) = await Member(Roles.Administrator);
        var other = service.NewTeam();
        await service.Grant(workspace, other, Roles.SupportUser);

        // The first token has only the first group; the next one, of the same second, has both; the last one has only the
        // second group. LocalEntra would have waited for the next second.
        var first = await service.NewerToken(person);
        var both = new Forgery(service, first).With(("groups", new[] { team, other }));
        var last = new Forgery(service, first).With(("groups", new[] { other }));
        await service.Join(other, person);
        await service.Leave(team, person);

        Assert.Equal(["Administrator", "SupportUser", "User"], await RolesOf(workspace, both));
        Assert.Equal(["Administrator", "User"], await RolesOf(workspace, first));
        Assert.Equal(["Administrator", "User"], await RolesOf(workspace, both));
        await ShutOut(workspace, last);
        await ShutOut(workspace, both);

        Assert.Equal(["SupportUser", "User"], await RolesOf(workspace, await service.NewerToken(person)));
    }

    private static List<(string Name, string? Token)> Invalid(Forgery real) =>
    [
        ("none", null),
        ("garbage", "garbage"),
        ("three parts of garbage", "a.b.c"),
        ("not signed", real.Unsigned()),
        ("signed by another key", real.SignedByAnother()),
        ("signed with the public key", real.SignedWithThePublicKey()),
        ("other claims under the signature", real.Tampered()),
        ("of another issuer", real.With(("iss", "http://127.0.0.1:1/" + TestDirectory.Contoso + "/v2.0"))),
        ("of another tenant's issuer", real.With(("tid", TestDirectory.Fabrikam))),
        ("for another audience", real.With(("aud", "e0000000-0000-4000-8000-000000000002"))),
        ("expired", real.With(("exp", Forgery.Seconds(-skew - TimeSpan.FromSeconds(5))))),
        ("not yet valid", real.With(("nbf", Forgery.Seconds(skew + TimeSpan.FromMinutes(1))))),
    ];

    private async Task<(string Workspace, string Person, Guid Team)> Member(Roles role)
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Grant(workspace, team, role);
        await service.Join(team, person);
        return (workspace, person, team);
    }

    private async Task ShutOut(string workspace, string token)
    {
        using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", token);
        await response.IsProblem(404, "workspace-not-found");
        Assert.DoesNotContain(workspace, (await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
    }

    private async Task<IEnumerable<string>> RolesOf(string workspace, string token)
    {
        var permissions = await service.Get($"/v1/workspaces/{workspace}/permissions", token);
        return permissions["roles"]!.AsArray().Select(r => (string)r!["role"]!).Order(StringComparer.Ordinal);
    }
}
