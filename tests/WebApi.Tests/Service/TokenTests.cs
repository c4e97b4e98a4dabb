using System.Net;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Which tokens the service believes.</summary>
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
    public async Task A_token_must_be_of_version_2_and_say_who_it_is_for()
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
    public async Task Within_the_skew_a_token_is_valid()
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
    public async Task A_token_in_the_query_is_no_token()
    {
        using var response = await service.Send(HttpMethod.Get, $"/v1/roles?access_token={await service.ManagerToken()}", null);
        await response.IsProblem(401, "unauthenticated");
    }

    [Fact]
    public async Task Every_persons_endpoint_takes_a_token_with_the_scope_only()
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
    public async Task A_person_is_no_application_and_an_application_no_person()
    {
        var workspace = await service.WorkspaceFor(nameof(TokenTests));
        var (person, app) = (await service.ManagerToken(), await service.AppToken());
        // A person's token with app roles is a person's still.
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
    public async Task An_application_needs_the_app_role_of_the_endpoint()
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
    public async Task Whoever_has_too_many_groups_for_a_token_is_told_that_access_is_unconfirmed()
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

        // Who one is takes no right.
        Assert.Equal(TestDirectory.Overage, (string?)(await service.Get("/v1/me", token))["displayName"]);
    }

    [Fact]
    public async Task A_contact_whose_token_leaves_the_groups_out_may_do_what_the_contract_gives_and_the_rest_is_unconfirmed()
    {
        var workspace = await service.Workspace();
        var contact = new Forgery(service, await service.ManagerToken()).With(("groups", null), ("hasgroups", true));
        var given = RoleTable.PermissionsOf(Roles.CustomerSupportManager | Roles.User);
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "77").Where(r => !r.IsApplications))
        {
            // Which workspaces the groups open, and what else they allow, the token does not say.
            var isGiven = request.Endpoint is not ("GET /v1/me/workspaces" or "POST /access/v1/search/resource" or "POST /access/v1/search/action") && (given & (request.Required ?? Permissions.None)) == (request.Required ?? Permissions.None);
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
    public async Task A_token_that_leaves_the_groups_out_does_not_take_the_known_ones_away()
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
    public async Task An_older_token_never_brings_groups_back()
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
        // The newest token known decides, so the one without groups takes nothing away any more.
        await service.Get($"/v1/workspaces/{workspace}", second);
    }

    [Fact]
    public async Task A_newer_token_that_comes_through_another_endpoint_counts_everywhere()
    {
        var (workspace, person, team) = await Member(Roles.Administrator);
        var first = await service.NewerToken(person);
        await service.Get($"/v1/workspaces/{workspace}", first);

        await service.Leave(team, person);
        await service.Get("/v1/me", await service.NewerToken(person));
        await ShutOut(workspace, first);
    }

    [Fact]
    public async Task Of_two_tokens_of_the_same_second_only_the_groups_in_both_count()
    {
        var (workspace, person, team) = await Member(Roles.Administrator);
        var other = service.NewTeam();
        await service.Grant(workspace, other, Roles.SupportUser);

        // One token is in the first group alone, the next one of the same second in both, the last in the other alone.
        // LocalEntra would have waited for the next second.
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
