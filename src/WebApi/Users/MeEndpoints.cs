using EngageCenter.Access;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.WebApi.Workspaces;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Users;

internal static class MeEndpoints
{
    public static void MapMe(this IEndpointRouteBuilder routes)
    {
        var me = routes.MapGroup("/v1/me").WithTags("Me").RequirePerson();
        me.MapGet("", Get)
            .Describe("GetMe", "The caller", "Who the caller is, and the workspace that they last opened.")
            .Answers<MeResponse>(200);
        me.MapGet("/workspaces", Workspaces)
            .Describe("ListMyWorkspaces", "The caller's workspaces", "All of them, by name: the list is complete, and never cut into pages.")
            .Answers<ListResponse<UserWorkspaceResponse>>(200)
            .Refuses(Problems.AccessUnconfirmed);
        me.MapGet("/switcher", Switcher).Scans("search")
            .Describe("ListSwitcher", "The caller's workspaces, page by page", "By name, as many at once as a menu shows. What `me/workspaces` lists as a whole.")
            .Answers<ListResponse<UserWorkspaceResponse>>(200)
            .Refuses(Problems.AccessUnconfirmed);
        me.MapGet("/current-workspace", Current)
            .Describe("GetCurrentWorkspace", "The workspace where the caller lands", "That of `me/home`, without its home page. Looking is not opening.")
            .Answers<CurrentWorkspaceResponse>(200)
            .Versioned()
            .Refuses(Problems.AccessUnconfirmed);
        me.MapPut("/current-workspace", Switch)
            .Describe("SwitchWorkspace", "Opens a workspace", "The workspace switcher: makes the workspace the current one and records that it was opened.")
            .Example("""{ "workspaceId": "0123456789abcdef0123456789abcdef" }""")
            .Answers<UserWorkspaceResponse>(200)
            .Refuses(Problems.WorkspaceNotFound, Problems.AccessUnconfirmed);
        me.MapGet("/home", Home).Scans()
            .Describe("GetMyHome", "The home page of the workspace where the caller lands",
                "That of the workspace last opened, while it is still open to the caller; else the most recently opened one that is; else the first by name; else `{ \"workspace\": null, \"reason\": \"NoWorkspaces\" }`.")
            .Answers<HomeResponse>(200)
            .Refuses(Problems.AccessUnconfirmed);
    }

    private static async Task<IResult> Get(PersonCaller caller, UserGrains users) =>
        TypedResults.Ok(MeResponse.Of(await users.Of(caller.Person).Me(caller.SignIn)));

    // A person has at most 5,000. The number is known only after the grain has answered, so a long list is charged before the
    // next one is asked for.
    private static async Task<IResult> Workspaces(
        PersonCaller caller, WholeListQuery _, UserGrains users, HttpContext http, NodeLimits limits, TimeProvider time)
    {
        await PageLimit.TakePlace(http, limits, time, "lists of workspaces");
        return await users.Of(caller.Person).Workspaces(caller.SignIn, http.RequestAborted) is not { } workspaces ? Unconfirmed(caller)
            : await PageLimit.Count(http, limits, workspaces.Length) ?? TypedResults.Ok(Lists.Whole([.. workspaces.Select(UserWorkspaceResponse.Of)]));
    }

    // Every page decides all of the caller's workspaces, so it is charged like many requests.
    private static async Task<IResult> Switcher(PersonCaller caller, SwitcherQuery query, UserGrains users, HttpRequest request, NodeLimits limits) =>
        await users.Of(caller.Person).Switcher(caller.SignIn, query.Search, query.Page()) is { } page
            ? await PageLimit.Count(request.HttpContext, limits, page.TotalCount) ?? Lists.Answer(request, page, UserWorkspaceResponse.Of)
            : Unconfirmed(caller);

    private static async Task<IResult> Current(PersonCaller caller, UserGrains users, HttpContext http)
    {
        var landing = await users.Of(caller.Person).Land(caller.SignIn);

        // Where the caller lands also depends on which workspaces are open to them; the version alone on what they last opened.
        return landing.Standing switch
        {
            Standing.Member => Preconditions.Answer(http, landing.Version, new CurrentWorkspaceResponse(landing.Decision.WorkspaceId), landing.Decision.WorkspaceId),
            Standing.Outsider => Preconditions.Answer(http, landing.Version, new CurrentWorkspaceResponse(null), "none"),
            _ => Unconfirmed(caller),
        };
    }

    private static async Task<IResult> Switch(PersonCaller caller, SwitchRequest body, IfMatchHeader ifMatch, UserGrains users, HttpContext http)
    {
        if (!WorkspaceHeader.IsId(body.WorkspaceId))
        {
            return Problems.WorkspaceNotFound.Answer();
        }

        var user = users.Of(caller.Person);
        var condition = await ifMatch.Choose(async () => (await user.Land(caller.SignIn)).Version);
        var outcome = condition is { } expected
            ? await user.SwitchIf(caller.SignIn, body.WorkspaceId, expected)
            : await user.Switch(caller.SignIn, body.WorkspaceId);
        return outcome.Standing switch
        {
            Standing.Member when outcome.Workspace is null => ifMatch.Refusal(),
            Standing.Member => Preconditions.AnswerPut(http, outcome.Version, UserWorkspaceResponse.Of(outcome.Workspace), createdAt: null, shown: body.WorkspaceId),
            Standing.Outsider => Problems.WorkspaceNotFound.Answer(),
            _ => Unconfirmed(caller),
        };
    }

    private static async Task<IResult> Home(PersonCaller caller, UserGrains users, IGrainFactory grains, HomePage home)
    {
        // Landing and the home page are two calls. If the person loses access in between, they land again.
        for (var landings = 1; landings <= 3; landings++)
        {
            var landing = await users.Of(caller.Person).Land(caller.SignIn);
            if (landing.Standing == Standing.Outsider)
            {
                return TypedResults.Ok(HomeResponse.NoWorkspaces);
            }

            if (landing.Standing == Standing.Unconfirmed)
            {
                break;
            }

            var visit = WorkspaceVisit.By(grains, users, caller, landing.Decision);
            var answer = await home.Show(visit);
            if (visit.Decision.Standing != Standing.Outsider)
            {
                return answer;
            }
        }

        return Unconfirmed(caller);
    }

    private static IResult Unconfirmed(PersonCaller caller) => WorkspaceVisit.Unconfirmed(caller) ?? Problems.AccessUnconfirmed.Answer();
}
