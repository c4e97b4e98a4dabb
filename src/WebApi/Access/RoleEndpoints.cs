using EngageCenter.Access;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Access;

internal static class RoleEndpoints
{
    public static void MapRoles(this IEndpointRouteBuilder routes)
    {
        var roles = routes.MapGroup("/v1/roles").WithTags("Roles").RequirePerson();
        roles.MapGet("", List)
            .Describe("ListRoles", "The roles and their permissions", "The whole role table. It is the same for everybody.")
            .Answers<ListResponse<RoleResponse>>(200);
    }

    private static IResult List(PageQuery query, HttpRequest request) =>
        Lists.Answer(request, Lists.Cut("roles", RoleTable.All, query.Page()), RoleResponse.Of);
}
