using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Directories;
using EngageCenter.Learning;
using EngageCenter.Users;
using EngageCenter.WebApi.Limits;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Access;

public sealed class WorkspaceVisitTests : IAsyncLifetime
{
    private static readonly WorkspaceView view = new(
        new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 12, 31), DateTimeOffset.UnixEpoch), AgreementStatus.Active, 7);

    private RunningWebApi api = null!;

    public static TheoryData<string, string, string?> WorkspaceRequests => new()
    {
        { "GET", "", null },
        { "PATCH", "", "{" },
        { "GET", "/home", null },
        { "GET", "/permissions", null },
        { "POST", "/permissions/check", "{" },
        { "GET", "/users?pageSize=0", null },
        { "GET", "/groups?pageSize=0", null },
        { "GET", "/groups/x", null },
        { "PUT", "/groups/x", "{" },
        { "POST", "/groups/x/preview", "{" },
        { "GET", "/directory", null },
        { "GET", "/directory/groups?pageSize=0", null },
        { "GET", "/users/x/y", null },
        { "DELETE", "/groups/x", null },
        { "GET", "/audit-events?cursor=", null },
        { "GET", "/support-cases?status=x", null },
        { "GET", "/support-insights?from=x", null },
        { "GET", "/account-team?billingProfileId=x", null },
        { "PUT", "/learning/enrollments/a%20b", "{" },
        { "GET", "/learning/enrollments/a%20b", null },
        { "GET", "/learning/transcript?pageSize=0", null },
        { "GET", "/learning/consumption", null },
    };

    public async Task InitializeAsync() => api = await RunningWebApi.StartAsync();

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Theory]
    [MemberData(nameof(WorkspaceRequests))]
    public async Task Outsider_gets_the_same_404_for_every_request(string method, string path, string? body)
    {
        api.Decides(AccessDecision.Outsider(Ann, WorkspaceId));

        var unknown = await api.SendAsync(method, $"/v1/workspaces/{WorkspaceId}{path}", Token(), body, "text/plain");
        var malformed = await api.SendAsync(method, $"/v1/workspaces/what{path}", Token(), body, "text/plain");

        Assert.Equal((404, "workspace-not-found"), (unknown.Status, unknown.Slug));
        Assert.Equal(WithoutTrace(unknown), WithoutTrace(malformed));
    }

    [Theory]
    [MemberData(nameof(WorkspaceRequests))]
    public async Task Unconfirmed_right_is_503_and_never_allows(string method, string path, string? body)
    {
        api.Decides(AccessDecision.Unconfirmed(Ann, WorkspaceId));

        var answer = await api.SendAsync(method, $"/v1/workspaces/{WorkspaceId}{path}", Token(), body);

        Assert.Equal((503, "access-unconfirmed"), (answer.Status, answer.Slug));
        Assert.True(answer.Headers.ContainsKey("Retry-After"));
    }

    [Theory]
    [InlineData("PATCH", "", "RenameSpace")]
    [InlineData("GET", "/users?pageSize=0", "ViewUserRoles")]
    [InlineData("GET", "/groups?pageSize=0", "ViewEntraGroups")]
    [InlineData("GET", "/groups/x", "ViewEntraGroups")]
    [InlineData("PUT", "/groups/x", "ManageEntraGroups")]
    [InlineData("DELETE", "/groups/x", "ManageEntraGroups")]
    [InlineData("GET", "/audit-events?cursor=", "ManageEntraGroups")]
    [InlineData("GET", "/support-cases?status=x", "ViewSupportInsights")]
    [InlineData("GET", "/support-insights?from=x", "ViewSupportInsights")]
    public async Task Member_without_the_permission_is_told_which_one_is_missing(string method, string path, string permission)
    {
        api.Decides(Member((Permissions)ushort.MaxValue & ~Enum.Parse<Permissions>(permission)));

        var answer = await api.SendAsync(method, $"/v1/workspaces/{WorkspaceId}{path}", Token(), method == "GET" ? null : "{", "text/plain");

        Assert.Equal((403, "missing-permission"), (answer.Status, answer.Slug));
        Assert.Equal(permission, answer.Json.GetProperty("permission").GetString());
    }

    [Fact]
    public async Task Changed_policy_is_decided_again()
    {
        api.Decides(Member(Permissions.None, epoch: 1), Member(Permissions.None, epoch: 2));
        api.Grains.On<IWorkspaceGrain>("Get", a => Task.FromResult(((AccessDecision)a[0]!).Epoch == 2 ? view : null));

        var answer = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}", Token());

        Assert.Equal(200, answer.Status);
        Assert.Equal("\"7\"", answer.Headers["ETag"]);
    }

    [Fact]
    public async Task Changed_policy_may_refuse_the_caller()
    {
        api.Decides(Member(Permissions.RenameSpace), AccessDecision.Outsider(Ann, WorkspaceId));
        api.Grains.On<IWorkspaceGrain>("Rename", _ => Task.FromResult(new RenameOutcome(RenameStatus.DecideAgain)));

        var answer = await api.SendAsync("PATCH", $"/v1/workspaces/{WorkspaceId}", Token(), """{ "name": "New" }""");

        Assert.Equal((404, "workspace-not-found"), (answer.Status, answer.Slug));
    }

    [Fact]
    public async Task Policy_that_changes_at_every_attempt_is_503()
    {
        var asked = 0;
        api.Decides(Member(Permissions.None));
        api.Grains.On<IWorkspaceGrain>("Get", _ =>
        {
            asked++;
            return Task.FromResult<WorkspaceView?>(null);
        });

        var answer = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}", Token());

        Assert.Equal((503, "access-unconfirmed"), (answer.Status, answer.Slug));
        Assert.Equal(500, asked);
    }

    [Fact]
    public async Task Client_with_the_current_version_gets_304()
    {
        api.Decides(Member(Permissions.None));
        api.Grains.On<IWorkspaceGrain>("Get", _ => Task.FromResult<WorkspaceView?>(view));

        var known = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}", Token(), headers: ("If-None-Match", "\"6\", W/\"7\""));
        var old = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}", Token(), headers: ("If-None-Match", "\"6\""));

        Assert.Equal((304, ""), (known.Status, known.Body));
        Assert.Equal("\"7\"", known.Headers["ETag"]);
        Assert.Equal(200, old.Status);
    }

    [Fact]
    public async Task Permission_check_lists_the_roles_that_give_the_permission()
    {
        var effective = new EffectiveAccess(
            Member(Permissions.RenameSpace | Permissions.ViewUserRoles, epoch: 5),
            [new(Roles.Administrator, RoleSource.EntraGroup, "g"), new(Roles.User, RoleSource.Default, null)]);
        api.Decides(effective.Decision);
        api.Explains(effective);

        var answer = await api.SendAsync("POST", $"/v1/workspaces/{WorkspaceId}/permissions/check", Token(), """{ "permissions": ["RenameSpace", "AccessLearning"] }""");

        Assert.Equal(
            """{"results":[{"permission":"RenameSpace","allowed":true,"because":[{"role":"Administrator","source":"EntraGroup","sourceId":"g"}]},{"permission":"AccessLearning","allowed":false,"because":[]}],"epoch":5}""",
            answer.Body);
        Assert.Equal("application/json; charset=utf-8", answer.ContentType);
        Assert.Equal($"{answer.Body.Length}", answer.Headers["Content-Length"]);
        Assert.DoesNotContain("Transfer-Encoding", answer.Headers.Keys);
    }

    [Theory]
    [InlineData("GET", "/permissions", null)]
    [InlineData("POST", "/permissions/check", """{ "permissions": ["RenameSpace"] }""")]
    public async Task Roles_come_with_the_decision_that_lets_the_caller_in(string method, string path, string? body)
    {
        // The stub fails if 'Decide' is called, because it has no answer for it.
        var asked = 0;
        api.Grains.On<IUserGrain>("Explain", _ =>
        {
            asked++;
            return new ValueTask<EffectiveAccess>(new EffectiveAccess(Member(Permissions.RenameSpace, epoch: 5), []));
        });

        // Headers and body arrive in one packet: after a later body, access would be decided again.
        var request = Encoding.ASCII.GetBytes($"{method} /v1/workspaces/{WorkspaceId}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {Token()}\r\n"
            + (body is null ? "\r\n" : $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        using var connection = new TcpClient();
        await connection.ConnectAsync(api.Client.BaseAddress!.Host, api.Client.BaseAddress.Port);
        await connection.GetStream().WriteAsync(request);
        using var answer = new StreamReader(connection.GetStream());

        Assert.Contains("\"epoch\":5", await answer.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Check_with_a_slow_body_is_decided_after_the_body_has_arrived()
    {
        const string body = """{ "permissions": ["RenameSpace"] }""";
        var letIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var decisions = new Queue<AccessDecision>([Member(Permissions.RenameSpace, epoch: 5), Member(Permissions.None, epoch: 6)]);
        api.Grains.On<IUserGrain>("Explain", _ =>
        {
            letIn.TrySetResult();
            return new ValueTask<EffectiveAccess>(new EffectiveAccess(decisions.Dequeue(), []));
        });
        using var request = await SlowRequest.Start(
            api.Client.BaseAddress!, "POST", $"/v1/workspaces/{WorkspaceId}/permissions/check", Token(), body.Length, body[..10]);
        await letIn.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var bodies = api.Services.GetRequiredService<NodeLimits>().Bodies;
        await Until.True(() => Task.FromResult(bodies.Taken == 1), TimeSpan.FromSeconds(30), "the body is waited for");
        await request.Send(body[10..]);

        var (status, text) = (await request.Answer())!.Value;
        Assert.Equal(200, status);
        Assert.Contains("\"allowed\":false", text, StringComparison.Ordinal);
        Assert.Contains("\"epoch\":6", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_about_someone_else_needs_ViewUserRoles()
    {
        api.Decides(Member(Permissions.None));
        api.Explains(new(Member(Permissions.None), []));

        Assert.Equal(200, (await Check(Ann)).Status);
        var answer = await Check(new(Tenant, Guid.NewGuid()));
        Assert.Equal((403, "ViewUserRoles"), (answer.Status, answer.Json.GetProperty("permission").GetString()));

        Task<Answer> Check(PersonId person) => api.SendAsync("POST", $"/v1/workspaces/{WorkspaceId}/permissions/check", Token(),
            $$"""{ "permissions": ["RenameSpace"], "user": { "tenantId": "{{person.TenantId}}", "userId": "{{person.UserId}}" } }""");
    }

    [Theory]
    [InlineData("""{ "permissions": [] }""", "permissions")]
    [InlineData("""{ "permissions": ["RenameSpace", "renameSpace", 1] }""", "permissions[1]")]
    [InlineData("""{ "permissions": ["None"], "user": { "userId": "x" } }""", "permissions[0]")]
    [InlineData("""{ "user": { "userId": "x" } }""", "user.userId")]
    [InlineData("""{ "user": { } }""", "permissions user.tenantId user.userId")]
    public async Task Invalid_check_names_every_wrong_field(string body, string fields)
    {
        api.Decides(Member(Permissions.None));

        var answer = await api.SendAsync("POST", $"/v1/workspaces/{WorkspaceId}/permissions/check", Token(), body);

        Assert.Equal(400, answer.Status);
        Assert.Equal(fields, string.Join(' ', answer.ErrorFields));
    }

    [Fact]
    public async Task Grant_returns_its_location_and_respects_If_Match()
    {
        api.Decides(Member(Permissions.ManageEntraGroups));
        var group = Guid.NewGuid();
        PutGroup? put = null;
        DirectorySays(new(DirectoryAnswer.Unknown));
        api.Grains.On<IWorkspaceGrain>("PutGroup", a =>
        {
            put = (PutGroup)a[2]!;
            return Task.FromResult(new PutGroupOutcome(PutGroupStatus.Created,
                new(group, "Support", Roles.SupportUser, (Actor)a[1]!, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 3)));
        });

        var answer = await api.SendAsync("PUT", $"/v1/workspaces/{WorkspaceId}/groups/{group}", Token(),
            """{ "displayName": " Support ", "roles": ["SupportUser", "User"] }""", headers: ("If-Match", "\"2\""));

        Assert.Equal(201, answer.Status);
        Assert.Equal("\"3\"", answer.Headers["ETag"]);
        Assert.Equal($"/v1/workspaces/{WorkspaceId}/groups/{group}", answer.Headers["Location"]);
        Assert.Equal(new PutGroup(group, "Support", Roles.SupportUser | Roles.User, new(2)), put);
    }

    [Theory]
    [InlineData("Sales", "Sales")]
    [InlineData(" Sa\u0000les ", "Sales")]
    [InlineData("\u202e", "Support")]
    public async Task Group_has_the_name_from_the_directory_if_it_can_be_shown(string inDirectory, string granted)
    {
        api.Decides(Member(Permissions.ManageEntraGroups));
        var group = Guid.NewGuid();
        DirectorySays(new(DirectoryAnswer.Found, new(group, inDirectory, null)));
        api.Grains.On<IWorkspaceGrain>("PutGroup", a => Task.FromResult(new PutGroupOutcome(PutGroupStatus.Created,
            new(group, ((PutGroup)a[2]!).DisplayName, Roles.SupportUser, (Actor)a[1]!, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 3))));

        var answer = await api.SendAsync("PUT", $"/v1/workspaces/{WorkspaceId}/groups/{group}", Token(), """{ "displayName": "Support", "roles": ["SupportUser"] }""");

        Assert.Equal(granted, answer.Json.GetProperty("displayName").GetString());
    }

    [Fact]
    public async Task Group_unknown_to_the_directory_gets_no_roles()
    {
        api.Decides(Member(Permissions.ManageEntraGroups));
        DirectorySays(new(DirectoryAnswer.NotFound));

        var answer = await api.SendAsync("PUT", $"/v1/workspaces/{WorkspaceId}/groups/{Guid.NewGuid()}", Token(), """{ "roles": ["SupportUser"] }""");

        Assert.Equal((400, "groupId"), (answer.Status, string.Join(' ', answer.ErrorFields)));
    }

    [Theory]
    [InlineData("""{ "roles": [] }""", "roles")]
    [InlineData("{}", "roles")]
    [InlineData("""{ "roles": ["SupportUser", "SupportUser"] }""", "roles[1]")]
    [InlineData("""{ "roles": ["supportuser"], "displayName": 3 }""", "roles[0]")]
    [InlineData("""{ "roles": [], "displayName": "" }""", "displayName roles")]
    public async Task Invalid_grant_names_every_wrong_field(string body, string fields)
    {
        api.Decides(Member(Permissions.ManageEntraGroups));

        var answer = await api.SendAsync("PUT", $"/v1/workspaces/{WorkspaceId}/groups/{Guid.NewGuid()}", Token(), body);

        Assert.Equal(400, answer.Status);
        Assert.Equal(fields, string.Join(' ', answer.ErrorFields));
    }

    [Theory]
    [InlineData(PutGroupStatus.RoleNotAssignable, 409, "role-not-assignable")]
    [InlineData(PutGroupStatus.TooManyGroups, 409, "too-many-groups")]
    [InlineData(PutGroupStatus.TooManyWorkspaces, 409, "too-many-workspaces")]
    [InlineData(PutGroupStatus.TooManyGroupsInTenant, 409, "too-many-groups-in-tenant")]
    [InlineData(PutGroupStatus.VersionMismatch, 412, "precondition-failed")]
    public async Task Refused_grant_gives_the_reason(PutGroupStatus outcome, int status, string slug)
    {
        api.Decides(Member(Permissions.ManageEntraGroups));
        DirectorySays(new(DirectoryAnswer.Unknown));
        api.Grains.On<IWorkspaceGrain>("PutGroup", _ => Task.FromResult(new PutGroupOutcome(outcome)));

        var answer = await api.SendAsync("PUT", $"/v1/workspaces/{WorkspaceId}/groups/{Guid.NewGuid()}", Token(), """{ "roles": ["IncidentManager"] }""");

        Assert.Equal((status, slug), (answer.Status, answer.Slug));
    }

    [Fact]
    public async Task Person_without_workspaces_has_an_empty_home_page()
    {
        api.Grains.On<IUserGrain>("Land", _ => Task.FromResult(new Landing(Standing.Outsider, default)));

        var answer = await api.SendAsync("GET", "/v1/me/home", Token());

        Assert.Equal((200, """{"workspace":null,"reason":"NoWorkspaces"}"""), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Home_page_has_only_what_the_caller_may_open()
    {
        api.Grains.On<IUserGrain>("Land", _ => Task.FromResult(new Landing(Standing.Member, Member(Permissions.ViewUserRoles | Permissions.AccessLearning))));
        api.Grains.On<IWorkspaceGrain>("Get", _ => Task.FromResult<WorkspaceView?>(view));
        api.Grains.On<IUserGrain>("AccountTeam", _ => new ValueTask<AccountTeamOutcome>(new AccountTeamOutcome(Member(Permissions.None), AccountTeamStatus.NoBillingAccess)));
        api.Grains.On<ILearningGrain>("Summary", _ => Task.FromResult<LearningSummary?>(new(1, 2)));

        var home = (await api.SendAsync("GET", "/v1/me/home", Token())).Json;

        Assert.Equal("Contoso", home.GetProperty("workspace").GetProperty("name").GetString());
        Assert.Equal(["Learning"], home.GetProperty("quickLinks").EnumerateArray().Select(l => l.GetProperty("name").GetString()!));
        Assert.Equal(["AccountTeam", "Learning", "UserRoles"], home.GetProperty("capabilities").EnumerateArray().Select(c => c.GetString()!));
        Assert.Equal(["workspace", "quickLinks", "capabilities", "learning", "accountTeam"], home.EnumerateObject().Select(m => m.Name));
        Assert.Equal("NoBillingAccess", home.GetProperty("accountTeam").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Audit_event_has_texts_and_lists_by_name()
    {
        api.Decides(Member(Permissions.ManageEntraGroups));
        var values = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("displayName", ["Support"]).Add("roles", ["User"]);
        var recorded = new AuditEvent(9, DateTimeOffset.UnixEpoch, new(ActorKind.User, Tenant, "u", "Ann"), AuditAction.GroupGranted, new(AuditTargetKind.Group, "g", null), null, values);
        api.Grains.On<IWorkspaceGrain>("AuditEvents", _ => Task.FromResult<Paging.Page<AuditEvent>?>(new([recorded], "9", 12)));

        var answer = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}/audit-events?pageSize=1", Token());

        var item = answer.Json.GetProperty("value")[0];
        Assert.Equal("9", item.GetProperty("eventId").GetString());
        Assert.Equal("1970-01-01T00:00:00Z", item.GetProperty("occurredAt").GetString());
        Assert.Equal("null", item.GetProperty("before").GetRawText());
        Assert.Equal("""{"displayName":"Support","roles":["User"]}""", item.GetProperty("after").GetRawText());
        Assert.StartsWith($"/v1/workspaces/{WorkspaceId}/audit-events?pageSize=1&cursor=", answer.Json.GetProperty("nextLink").GetString(), StringComparison.Ordinal);
    }

    private static string WithoutTrace(Answer answer) =>
        $"{answer.Status} {answer.Json.GetProperty("type")} {answer.Json.GetProperty("title")} {answer.Json.GetProperty("detail")} {answer.Json.EnumerateObject().Count()}";

    private void DirectorySays(DirectoryGroupAnswer answer) =>
        api.Grains.On<IWorkspaceDirectoryGrain>("Group", _ => Task.FromResult<DirectoryGroupAnswer?>(answer));
}
