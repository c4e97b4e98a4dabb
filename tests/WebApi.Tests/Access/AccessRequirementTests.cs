using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Access;

/// <summary>
/// Tests that the declaration of a route is enforced, and that a route with a wrong declaration does not start.
/// </summary>
public sealed class AccessRequirementTests
{
    private const string AppRole = "Planted.ReadWrite.All";
    private const string InWorkspace = "/v1/workspaces/{id}/planted";

    private static readonly Dictionary<string, Action<IEndpointRouteBuilder>> faults = new()
    {
        ["does not declare"] = routes => routes.MapGet("/v1/planted", () => "in"),
        ["does not declare, also in a workspace"] = routes => routes.MapGet(InWorkspace, (string id) => id),
        ["declares more than once"] = routes => routes.MapGet(InWorkspace, () => "in").RequireMember().RequirePermission(Permissions.RenameSpace),
        ["declares more than once, group and route"] = routes => routes.MapGroup("/v1").RequirePerson().MapGet("/planted", () => "in").RequireApplication(AppRole),
        ["declares more than once, and lets everybody in"] = routes => routes.MapGet("/v1/planted", () => "in").RequirePerson().AllowAnonymous(),
        ["must declare access to a workspace"] = routes => routes.MapGet(InWorkspace, () => "in").RequirePerson(),
        ["must declare access to a workspace, an application too"] = routes => routes.MapGet(InWorkspace, () => "in").RequireApplication(AppRole),
        ["must declare access to a workspace if, and only if"] = routes => routes.MapGet("/v1/planted", () => "in").RequirePermission(Permissions.RenameSpace),
        ["takes a WorkspaceVisit"] = routes => routes.MapGet(InWorkspace, (WorkspaceVisit visit) => visit.WorkspaceId).RequireApplicationInWorkspace(AppRole),
        ["takes a PersonCaller"] = routes => routes.MapGet("/v1/planted", (PersonCaller caller) => caller.Key).RequireApplication(AppRole),
    };

    public static TheoryData<string> Faults => [.. faults.Keys];

    /// <summary>Each permission of the role table.</summary>
    private static IEnumerable<Permissions> All => Enum.GetValues<Permissions>().Where(p => p != Permissions.None);

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Route_with_a_wrong_declaration_does_not_start(string fault)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningWebApi.StartAsync(app => faults[fault](app)));

        Assert.Contains("/planted", refused.Message, StringComparison.Ordinal);
        Assert.Contains(fault.Split(',')[0], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_without_a_declaration_that_escaped_the_check_lets_nobody_in()
    {
        await using var api = await RunningWebApi.StartAsync(_ => { }, app => app.MapGet("/v1/planted", () => "in"));

        Assert.Equal(401, (await api.SendAsync("GET", "/v1/planted")).Status);
        Assert.Equal(403, (await api.SendAsync("GET", "/v1/planted", Token())).Status);
    }

    [Fact]
    public async Task Route_requires_exactly_the_permission_that_it_declares()
    {
        var entered = 0;
        await using var api = await RunningWebApi.StartAsync(app =>
        {
            foreach (var permission in All)
            {
                app.MapGet($"{InWorkspace}/{permission}", (WorkspaceVisit visit) => $"{++entered} {visit.Decision.Permissions}").RequirePermission(permission);
            }

            app.MapGet(InWorkspace, (WorkspaceVisit visit) => $"{++entered} {visit.Decision.Permissions}").RequireMember();
        });

        foreach (var permission in All)
        {
            var path = $"/v1/workspaces/{WorkspaceId}/planted/{permission}";
            api.Decides(Member((Permissions)ushort.MaxValue & ~permission));
            var refused = await api.SendAsync("GET", path, Token());
            Assert.Equal((403, $"{permission}"), (refused.Status, refused.Json.GetProperty("permission").GetString()));
            Assert.Equal(0, entered);

            api.Decides(Member(permission));
            var entry = await api.SendAsync("GET", path, Token());
            Assert.Equal((200, $"1 {permission}"), (entry.Status, entry.Body));
            entered = 0;
        }

        api.Decides(Member(Permissions.None));
        Assert.Equal(200, (await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}/planted", Token())).Status);
    }

    [Fact]
    public async Task Route_for_members_asks_the_callers_grain_once()
    {
        await using var api = await RunningWebApi.StartAsync(app => app.MapGet(InWorkspace, (WorkspaceVisit visit) => visit.WorkspaceId).RequireMember());
        var asked = 0;
        api.Decides(() =>
        {
            asked++;
            return new ValueTask<AccessDecision>(Member(Permissions.None));
        });

        Assert.Equal(200, (await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}/planted", Token())).Status);
        Assert.Equal(1, asked);
    }
}
