using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests If-Match and If-None-Match on every resource that has an ETag.</summary>
[Collection(RunningService.Collection)]
public class PreconditionTests(RunningService service)
{
    private static readonly string[] malformed = ["nonsense", "\"", "\"a\" \"b\"", "1", "*, \"1\" x", "'1'"];

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task Unchanged_resource_is_not_sent_again(string resource)
    {
        var (path, token, _, _) = await Make(resource);
        var tag = await Tag(path, token);
        foreach (var known in (string[])[tag, $"\"0\", {tag}", $"W/{tag}", "*", $"\"0\",W/{tag}"])
        {
            using var response = await service.Send(HttpMethod.Get, path, token, null, ("If-None-Match", known));
            await response.Is(HttpStatusCode.NotModified);
            Assert.Equal(tag, response.Headers.ETag?.Tag);
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }

        foreach (var other in (string[])["\"0\"", tag.Trim('"'), "nonsense", "\"\""])
        {
            using var response = await service.Send(HttpMethod.Get, path, token, null, ("If-None-Match", other));
            await response.Is(HttpStatusCode.OK);
            Assert.Equal(tag, response.Headers.ETag?.Tag);
        }
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task Change_with_an_outdated_version_is_refused_and_changes_nothing(string resource)
    {
        var (path, token, writer, changes) = await Make(resource);
        var before = await Read(path, token);
        var tag = before.Tag;
        foreach (var (method, body) in changes)
        {
            foreach (var other in (string[])["\"0\"", "\"999999\"", $"W/{tag}", "\"not a version\"", "\"-1\"", $"\"0{tag.Trim('"')}\"", "\"999998\", \"999999\", \"0\""])
            {
                using var response = await service.Send(method, path, writer, body?.DeepClone(), ("If-Match", other));
                await response.IsProblem(412, "precondition-failed");
            }

            foreach (var wrong in malformed)
            {
                using var response = await service.Send(method, path, writer, body?.DeepClone(), ("If-Match", wrong));
                await response.IsProblem(400, "invalid-request", "If-Match");
            }

            using var none = await service.Send(method, path, writer, body?.DeepClone(), ("If-None-Match", "*"));
            await none.IsProblem(400, "invalid-request", "If-None-Match");
        }

        Assert.Equal(before, await Read(path, token));
    }

    [Theory]
    [MemberData(nameof(Resources))]
    public async Task Change_with_the_current_version_succeeds_and_returns_the_next_version(string resource)
    {
        foreach (var condition in (string[])["{0}", "*", "\"0\", {0}, \"1\""])
        {
            var (path, token, writer, changes) = await Make(resource);
            foreach (var (method, body) in changes)
            {
                var tag = await Tag(path, token);
                using var response = await service.Send(
                    method, path, writer, body?.DeepClone(), ("If-Match", condition.Replace("{0}", tag, StringComparison.Ordinal)));
                Assert.True(response.IsSuccessStatusCode, $"{resource} {method} {condition}: {response.StatusCode}");
                if (method != HttpMethod.Delete)
                {
                    Assert.NotEqual(tag, response.Headers.ETag?.Tag);
                    Assert.Equal(response.Headers.ETag?.Tag, await Tag(path, token));
                }
            }
        }
    }

    [Fact]
    public async Task Results_of_a_run_may_require_its_version()
    {
        const string sql = "SqlServer";
        var workspace = await service.Workspace(granted: false);
        var (account, app) = (await service.TokenOf(Roles.CustomerSuccessAccountManager), await service.AppToken());
        var run = $"/v1/workspaces/{workspace}/assessments/{sql}/runs/{await service.Run(workspace, sql)}";
        var before = await Read(run, account);
        foreach (var other in (string[])["\"0\"", $"W/{before.Tag}", "\"998\", \"999\""])
        {
            using var refused = await service.Send(HttpMethod.Put, $"{run}/results", app, Runs.Results(), ("If-Match", other));
            await refused.IsProblem(412, "precondition-failed");
        }

        using var none = await service.Send(HttpMethod.Put, $"{run}/results", app, Runs.Results(), ("If-None-Match", "*"));
        await none.IsProblem(400, "invalid-request", "If-None-Match");
        Assert.Equal(before, await Read(run, account));

        using var ended = await service.Send(HttpMethod.Put, $"{run}/results", app, Runs.Results(), ("If-Match", $"\"0\", {before.Tag}"));
        await ended.Is(HttpStatusCode.OK);
        Assert.Equal(ended.Headers.ETag?.ToString(), await Tag(run, account));
        using var again = await service.Send(HttpMethod.Put, $"{run}/results", app, Runs.Results(), ("If-Match", before.Tag));
        await again.IsProblem(412, "precondition-failed");
        using var any = await service.Send(HttpMethod.Put, $"{run}/results", app, Runs.Results(), ("If-Match", "*"));
        await any.Is(HttpStatusCode.OK);
        using var nowhere = await service.Send(HttpMethod.Put, $"/v1/workspaces/{workspace}/assessments/{sql}/runs/{sql}-9/results", app, Runs.Results(), ("If-Match", "*"));
        await nowhere.IsProblem(404, "run-not-found");
    }

    [Fact]
    public async Task If_Match_never_matches_a_missing_resource()
    {
        var workspace = await service.Workspace(granted: false);
        var group = $"/v1/workspaces/{workspace}/groups/{TestDirectory.SpareGroup(1)}";
        var (manager, app) = (await service.ManagerToken(), await service.AppToken());
        var agreement = $"/v1/agreements/{service.NewAgreementId()}";
        var activity = $"/v1/workspaces/{workspace}/activities/one";
        foreach (var condition in (string[])["*", "\"1\"", "\"0\", \"1\""])
        {
            using var put = await service.Send(HttpMethod.Put, group, manager, """{"roles":["User"]}""", ("If-Match", condition));
            var problem = await put.IsProblem(412, "precondition-failed");
            Assert.Contains(condition == "*" ? "there is none" : "or does not exist", (string?)problem["detail"], StringComparison.Ordinal);
            using var delete = await service.Send(HttpMethod.Delete, group, manager, null, ("If-Match", condition));
            await delete.IsProblem(412, "precondition-failed");
            using var created = await service.Send(HttpMethod.Put, agreement, app, RunningService.Agreement(), ("If-Match", condition));
            await created.IsProblem(412, "precondition-failed");
            using var delivered = await service.Send(HttpMethod.Put, activity, app, Activities.Of(), ("If-Match", condition));
            await delivered.IsProblem(412, "precondition-failed");
        }

        using var missing = await service.Send(HttpMethod.Get, group, manager);
        await missing.IsProblem(404, "group-not-found");
        using var absent = await service.Send(HttpMethod.Get, agreement, app);
        await absent.IsProblem(404, "agreement-not-found");
        using var never = await service.Send(HttpMethod.Get, activity, manager);
        await never.IsProblem(404, "activity-not-found");
    }

    [Fact]
    public async Task Version_conflict_comes_before_domain_rules()
    {
        var workspace = await service.Workspace();
        var group = $"/v1/workspaces/{workspace}/groups/{TestDirectory.GroupId(Roles.User)}";
        using var response = await service.Send(
            HttpMethod.Put, group, await service.ManagerToken(), """{"roles":["IncidentManager"]}""", ("If-Match", "\"0\""));
        await response.IsProblem(412, "precondition-failed");

        using var activity = await service.Send(
            HttpMethod.Put, $"/v1/workspaces/{workspace}/activities/{Activities.Onboarding}", await service.AppToken(), Activities.Of(("packageId", "unknown")), ("If-Match", "\"0\""));
        await activity.IsProblem(412, "precondition-failed");
    }

    [Fact]
    public async Task Putting_and_deleting_again_changes_nothing()
    {
        foreach (var resource in (string[])["workspace", "group", "agreement", "assessment", "activity", "course", "enrollment", "current workspace"])
        {
            var (path, token, writer, changes) = await Make(resource);
            foreach (var (method, body) in changes.Where(c => c.Method != HttpMethod.Delete))
            {
                await service.Json(method, path, writer, body!.DeepClone());
                var once = await Read(path, token);
                await service.Json(method, path, writer, body!.DeepClone());
                Assert.Equal(once, await Read(path, token));
            }
        }

        var workspace = await service.Workspace();
        var group = $"/v1/workspaces/{workspace}/groups/{TestDirectory.GroupId(Roles.User)}";
        var epochs = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            using var response = await service.Send(HttpMethod.Delete, group, await service.ManagerToken());
            await response.Is(HttpStatusCode.NoContent);
            epochs.Add(await Snapshot.Of(service, workspace));
        }

        Assert.Single(epochs.Distinct());
    }

    public static TheoryData<string> Resources() => new("workspace", "group", "agreement", "assessment", "activity", "course", "enrollment", "current workspace");

    /// <summary>
    /// Creates a resource; returns its path, the tokens that read and change it, and its possible changes.
    /// </summary>
    private async Task<(string Path, string Reader, string Writer, (HttpMethod Method, JsonNode? Body)[] Changes)> Make(string resource)
    {
        if (resource == "agreement")
        {
            var path = $"/v1/agreements/{service.NewAgreementId()}";
            var app = await service.AppToken();
            await service.Json(HttpMethod.Put, path, app, RunningService.Agreement());
            return (path, app, app, [(HttpMethod.Put, RunningService.Agreement("Changed"))]);
        }

        if (resource == "course")
        {
            var path = $"/v1/learning/courses/{Guid.NewGuid():N}";
            var app = await service.AppToken();
            await service.Json(HttpMethod.Put, path, app, RunningService.CourseBody());
            return (path, await service.Learner(), app, [(HttpMethod.Put, RunningService.CourseBody(("title", "Changed")))]);
        }

        var workspace = await service.Workspace(granted: false);
        var manager = await service.ManagerToken();
        if (resource == "enrollment")
        {
            var learner = await service.TokenOf(Roles.CustomerSuccessAccountManager);
            var path = $"/v1/workspaces/{workspace}/learning/enrollments/{RunningService.Course}";
            await service.Json(HttpMethod.Put, path, learner, new JsonObject { ["progressPercent"] = 10 });
            return (path, learner, learner,
            [
                (HttpMethod.Put, new JsonObject { ["progressPercent"] = 50 }),
                (HttpMethod.Put, new JsonObject { ["progressPercent"] = 100 }),
            ]);
        }

        if (resource == "current workspace")
        {
            const string path = "/v1/me/current-workspace";
            await service.Json(HttpMethod.Put, path, manager, new JsonObject { ["workspaceId"] = workspace });
            return (path, manager, manager, [(HttpMethod.Put, new JsonObject { ["workspaceId"] = await service.Workspace(granted: false) })]);
        }

        if (resource == "activity")
        {
            await service.PutActivity(workspace, "one");
            return ($"/v1/workspaces/{workspace}/activities/one", manager, await service.AppToken(),
            [
                (HttpMethod.Put, Activities.Of(("title", "Changed"), ("hoursDelivered", 13.75))),
                (HttpMethod.Put, Activities.Of(("hoursDelivered", null))),
            ]);
        }

        if (resource == "workspace")
        {
            return ($"/v1/workspaces/{workspace}", manager, manager, [(HttpMethod.Patch, new JsonObject { ["name"] = "Changed" })]);
        }

        if (resource == "assessment")
        {
            var path = $"/v1/workspaces/{workspace}/assessments/SqlServer";
            var account = await service.TokenOf(Roles.CustomerSuccessAccountManager);
            await service.Json(HttpMethod.Put, path, account);
            return (path, account, account, [(HttpMethod.Put, new JsonObject { ["interval"] = "P1D" }), (HttpMethod.Delete, null)]);
        }

        await service.Grant(workspace, TestDirectory.SpareGroup(1), Roles.User);
        return ($"/v1/workspaces/{workspace}/groups/{TestDirectory.SpareGroup(1)}", manager, manager,
        [
            (HttpMethod.Put, new JsonObject { ["roles"] = new JsonArray("Administrator"), ["displayName"] = "Changed" }),
            (HttpMethod.Delete, null),
        ]);
    }

    private async Task<string> Tag(string path, string token) => (await Read(path, token)).Tag;

    private async Task<(string Tag, string Body)> Read(string path, string token)
    {
        using var response = await service.Send(HttpMethod.Get, path, token);
        await response.Is(HttpStatusCode.OK);
        return (response.Headers.ETag!.ToString(), await response.Content.ReadAsStringAsync());
    }
}
