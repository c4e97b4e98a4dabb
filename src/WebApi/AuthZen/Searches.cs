using System.Globalization;
using EngageCenter.Paging;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Json;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>
/// Searches for subjects, resources or actions. A result is complete or an error; a search for something unknown is empty.
/// </summary>
internal static class Searches
{
    /// <summary>
    /// Finds the people who have a permission in a workspace. As complete as the workspace's list of people, and all from
    /// one epoch.
    /// </summary>
    public static async Task<IResult> Subjects(Asker asker, SubjectSearchRequest request, IGrainFactory grains)
    {
        var (type, action, workspaceId) = (request.Subject.Type, request.Action.Name, request.Resource.Id);
        var (pages, refusal) = SearchPages.Of(request.Page, "subjects", type, action, request.Resource.Type, workspaceId);
        if (pages is null)
        {
            return refusal!;
        }

        if (type != Entities.User || !Entities.TryAction(action, out var permission) || !Entities.IsWorkspace(request.Resource.Type, workspaceId))
        {
            return pages.Cut([], EntityResponse.OfWorkspace);
        }

        var users = grains.GetGrain<IWorkspaceUsersGrain>(workspaceId);
        // A limit of 0 asks for the total alone, but the grain returns at least one item.
        var page = new PageRequest(Math.Max(pages.Limit, 1), pages.After is { Length: > 0 } after ? after : null);
        Found found;
        try
        {
            found = asker.Person is null
                ? Found.Of(await users.HoldersFor(asker.Application, permission, page, asker.Aborted))
                : await asker.InWorkspace(workspaceId, Found.Unconfirmed, async decision =>
                    await users.Holders(decision, permission, page, asker.Aborted) is { } holders ? Found.Of(holders) : (Found?)null);
        }
        catch (InvalidCursorException)
        {
            return SearchPages.BadToken();
        }

        if (found.IsUnconfirmed)
        {
            return Unconfirmed(asker);
        }

        var epoch = found.Holders is { } all ? all.Epoch.ToString(CultureInfo.InvariantCulture) : "";
        return pages.State is { } before && before != epoch ? Problems.ListChanged.Answer()
            : found.Holders is not { People: var people } ? pages.Cut([], EntityResponse.OfWorkspace)
            : pages.Limit == 0 ? pages.Answer<EntityResponse>([], epoch, people.TotalCount == 0 ? null : "", people.TotalCount)
            : pages.Answer([.. people.Items.Select(EntityResponse.Of)], epoch, people.Next, people.TotalCount);
    }

    /// <summary>
    /// Finds the workspaces in which a person has a permission, ordered by id. As complete as the person's list of
    /// workspaces.
    /// </summary>
    public static async Task<IResult> Resources(Asker asker, ResourceSearchRequest request)
    {
        var (subject, action, type) = (request.Subject, request.Action.Name, request.Resource.Type);
        var (pages, refusal) = SearchPages.Of(request.Page, "resources", subject.Type, subject.Id, action, type);
        if (pages is null)
        {
            return refusal!;
        }

        if (type != Entities.Workspace || !Entities.TryAction(action, out var permission) || !Entities.TryPerson(subject.Type, subject.Id, out var person))
        {
            return pages.Cut([], EntityResponse.OfWorkspace);
        }

        return await asker.WorkspacesOf(person) is { } workspaces
            ? pages.Cut([.. workspaces.Where(w => (w.Permissions & permission) != 0).Select(w => w.WorkspaceId).Order(StringComparer.Ordinal)], EntityResponse.OfWorkspace)
            : Unconfirmed(asker);
    }

    /// <summary>Finds a person's permissions in a workspace, in the order of the role table.</summary>
    public static async Task<IResult> Actions(Asker asker, ActionSearchRequest request)
    {
        var (subject, resource) = (request.Subject, request.Resource);
        var (pages, refusal) = SearchPages.Of(request.Page, "actions", subject.Type, subject.Id, resource.Type, resource.Id);
        if (pages is null)
        {
            return refusal!;
        }

        var rights = Entities.TryPerson(subject.Type, subject.Id, out var person) && Entities.IsWorkspace(resource.Type, resource.Id)
            ? await asker.RightsOf(person, resource.Id)
            : Rights.None;
        return rights.IsPartial ? Unconfirmed(asker) : pages.Cut(WireNames.List(rights.Permissions), name => new ActionResponse(name));
    }

    /// <summary>
    /// Refuses because access cannot be confirmed. The detail says so if the reason is that the asker's own token leaves out
    /// the groups.
    /// </summary>
    public static IResult Unconfirmed(Asker asker) =>
        (asker.Person is { } person ? WorkspaceVisit.Unconfirmed(person) : null) ?? Problems.AccessUnconfirmed.Answer();

    private readonly record struct Found(PermissionHolders? Holders, bool IsUnconfirmed)
    {
        public static Found Unconfirmed => new(null, true);

        public static Found Of(PermissionHolders? holders) => new(holders, false);
    }
}
