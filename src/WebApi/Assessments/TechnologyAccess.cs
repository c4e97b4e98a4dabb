using EngageCenter.Access;
using EngageCenter.Assessments;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Assessments;

internal static class TechnologyAccess
{
    /// <summary>Lets the caller in to a technology of a workspace, or says why not. Only who is let in learns that there is no such technology.</summary>
    public static async Task<(WorkspaceVisit Visit, IResult? Refusal)> Enter(
        this WorkspaceAccess access, HttpContext http, string workspaceId, string technology, Permissions required)
    {
        var visit = await access.Enter(http, workspaceId, required);
        return (visit, visit.Refusal ?? (TechnologyTable.Find(technology) is null ? Problems.TechnologyNotFound.Answer() : null));
    }
}
