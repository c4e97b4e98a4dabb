using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests that after a revocation is acknowledged, the very next request respects it.</summary>
[Collection(RunningService.Collection)]
public class RevocationTests(RunningService service)
{
    [Fact]
    public async Task After_a_group_is_revoked_every_endpoint_refuses_its_members()
    {
        var (workspace, person, team) = (await service.Workspace(), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        var token = await service.NewerToken(person);
        var rows = new Rows();
        foreach (var index in Enumerable.Range(0, ValidRequest.All(workspace, "0").Count))
        {
            var request = ValidRequest.All(workspace, $"{100 + index}")[index];
            if (request.IsApplications || !request.IsGroups || !(request.IsInWorkspace || request.Method == HttpMethod.Put))
            {
                continue;
            }

            await rows.Try($"{request}", async () =>
            {
                await service.Grant(workspace, team, Roles.Administrator, Roles.SupportUser, Roles.AssessmentUser, Roles.LearningUser);
                using (var allowed = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone()))
                {
                    Assert.True(allowed.IsSuccessStatusCode, $"{allowed.StatusCode}");
                }

                await service.Revoke(workspace, team);
                using var refused = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                await refused.IsProblem(404, "workspace-not-found");
            });
        }

        rows.AllHold();
        Assert.Empty((await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
        Assert.Null((await service.Get("/v1/me/home", token))["workspace"]);
    }

    [Fact]
    public async Task After_a_role_is_revoked_every_endpoint_that_needs_it_refuses()
    {
        var (workspace, person, team) = (await service.Workspace(), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        var token = await service.NewerToken(person);
        var rows = new Rows();
        var left = RoleTable.PermissionsOf(Roles.User);
        foreach (var index in Enumerable.Range(0, ValidRequest.All(workspace, "0").Count))
        {
            var request = ValidRequest.All(workspace, $"{200 + index}")[index];
            if (request.Required is not { } required || (left & required) == required || !request.IsGroups)
            {
                continue;
            }

            await rows.Try($"{request}", async () =>
            {
                await service.Grant(workspace, team, Roles.Administrator, Roles.SupportUser, Roles.AssessmentUser, Roles.LearningUser);
                using (var allowed = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone()))
                {
                    Assert.True(allowed.IsSuccessStatusCode, $"{allowed.StatusCode}");
                }

                await service.Grant(workspace, team, Roles.User);
                using var refused = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                Assert.Equal($"{required}", (string?)(await refused.IsProblem(403, "missing-permission"))["permission"]);
            });
        }

        rows.AllHold();
    }

    [Fact]
    public async Task After_a_contact_is_removed_every_endpoint_refuses_them()
    {
        var app = await service.AppToken();
        var path = $"/v1/agreements/{service.NewAgreementId()}";
        var put = await service.Json(HttpMethod.Put, path, app, RunningService.Agreement());
        var workspace = (string)put["workspaces"]![0]!["workspaceId"]!;
        var token = await service.TokenOf(Roles.IncidentManager);
        await service.Get($"/v1/workspaces/{workspace}/support-cases", token);

        var without = RunningService.Agreement();
        without["contacts"]!.AsArray().RemoveAt(2);
        await service.Json(HttpMethod.Put, path, app, without);
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.IsInWorkspace && !r.IsApplications))
        {
            await rows.Try($"{request}", async () =>
            {
                using var refused = await service.Send(request.Method, request.Path, token, request.Body?.DeepClone());
                await refused.IsProblem(404, "workspace-not-found");
            });
        }

        rows.AllHold();
        Assert.DoesNotContain(workspace, (await service.Get("/v1/me/workspaces", token)).Values("workspaceId"));
    }

    [Fact]
    public async Task Revocations_hold_when_repeated_under_load()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Join(team, person);
        var token = await service.NewerToken(person);
        using var done = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}/permissions", token);
                Assert.True((int)response.StatusCode is 200 or 404, $"{response.StatusCode}");
            }
        }));

        for (var i = 0; i < 40; i++)
        {
            await service.Grant(workspace, team, Roles.User);
            await service.Get($"/v1/workspaces/{workspace}", token);
            await service.Revoke(workspace, team);
            using var refused = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}", token);
            await refused.IsProblem(404, "workspace-not-found");
        }

        await done.CancelAsync();
        await load;
    }
}
