using System.Text;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Captures everything that a request could have changed, as managers see it.</summary>
internal static class Snapshot
{
    public static async Task<string> Of(RunningService service, string workspace)
    {
        var text = new StringBuilder();
        foreach (var path in (string[])["", "/groups?pageSize=500", "/users?pageSize=500", "/audit-events?pageSize=500", "/support-cases?pageSize=500", "/activities?pageSize=500"])
        {
            using var response = await service.Send(HttpMethod.Get, $"/v1/workspaces/{workspace}{path}", await service.ManagerToken());
            text.Append(response.Headers.ETag).Append('\n').Append(await response.Content.ReadAsStringAsync()).Append('\n');
        }

        return text.Append(await service.Get($"/v1/workspaces/{workspace}/assessments", await service.TokenOf(Roles.CustomerSuccessAccountManager))).Append(await service.Get("/v1/me", await service.ManagerToken())).ToString();
    }

    /// <summary>Asserts that an action changes nothing.</summary>
    public static async Task Unchanged(RunningService service, string workspace, Func<Task> act)
    {
        var before = await Of(service, workspace);
        await act();
        Assert.Equal(before, await Of(service, workspace));
    }
}
