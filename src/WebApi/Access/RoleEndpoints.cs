using EngageCenter.Access;
using EngageCenter.WebApi.Http;
using EngageCenter.WebApi.OpenApi;

namespace EngageCenter.WebApi.Access;

internal static class RoleEndpoints
{
    public static void MapRoles(this IEndpointRouteBuilder routes)
    {
        var roles = routes.MapGroup("/v1/roles").WithTags("Roles").RequirePerson();
        roles.MapGet("", List)
            .Describe("ListRoles", "The roles and what each allows", "The whole table of roles. The same for everybody.")
            .Paged()
            .Answers<ListResponse<RoleResponse>>(200)
            .Refuses(Problems.InvalidRequest);
    }

    private static IResult List(HttpRequest request)
    {
        var errors = new RequestErrors();
        var page = new QueryFields(request.Query, errors).Page();
        return errors.Any ? Problems.Invalid(errors) : Lists.Answer(request, Lists.Cut("roles", RoleTable.All, page), RoleResponse.Of);
    }
}
