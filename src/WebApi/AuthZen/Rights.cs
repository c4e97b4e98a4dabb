using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Users;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>A person's rights in a workspace, as far as they are known.</summary>
/// <param name="Access">A member's roles and permissions.</param>
/// <param name="Epoch">The version of the access policy that decided; null if the asker may not know of any.</param>
/// <param name="IsPartial">Whether the person may have further rights that cannot be confirmed.</param>
internal readonly record struct Rights(EffectiveAccess? Access, long? Epoch, bool IsPartial)
{
    /// <summary>
    /// The rights shown to an asker who may not know about the workspace: the same as for a workspace that does not exist.
    /// </summary>
    public static Rights None => default;

    public static Rights Unconfirmed => new(null, null, IsPartial: true);

    public static Rights Of(EffectiveAccess access, long epoch, bool isPartial = false) => access.Decision.Standing == Standing.Unconfirmed
        ? Unconfirmed
        : new(access, epoch == 0 ? null : epoch, isPartial);

    public Permissions Permissions => Access?.Decision.Permissions ?? Permissions.None;

    /// <summary>Returns null if it cannot be confirmed.</summary>
    public bool? Allows(Permissions permission) => Access?.Decision.Allows(permission) == true ? true : IsPartial ? null : false;
}

/// <summary>
/// The caller of an AuthZEN endpoint: an application with <see cref="AppRoles.Evaluate"/>, which may ask about everybody, or
/// a person, who may ask about themselves, and about others in workspaces where they have ViewUserRoles.
/// </summary>
internal sealed class Asker(HttpContext http, UserGrains users)
{
    /// <summary>The maximum number of parallel grain calls of one request.</summary>
    public const int MaxParallel = 64;

    private readonly Caller caller = http.Features.GetRequiredFeature<Caller>();

    /// <summary>Null for an application.</summary>
    public PersonCaller? Person => caller as PersonCaller;

    /// <summary>Cancelled when the client has disconnected.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>The application with its app role.</summary>
    public Actor Application => http.Application();

    public static ValueTask<Asker?> BindAsync(HttpContext http) => new(new Asker(http, http.RequestServices.GetRequiredService<UserGrains>()));

    /// <summary>Returns a person's rights in a workspace, as far as the asker may know them.</summary>
    public async ValueTask<Rights> RightsOf(PersonId person, string workspaceId)
    {
        if (Person is not { } asker)
        {
            var access = await users.Of(person).Evaluate(workspaceId, Application);
            return Rights.Of(access, access.Decision.Epoch);
        }

        if (asker.Person == person)
        {
            var own = await users.Of(person).Explain(asker.SignIn, workspaceId);
            return Rights.Of(own, own.Decision.Epoch, isPartial: asker.SignIn.LeavesGroupsOut && !own.Decision.KnowsGroups);
        }

        return await InWorkspace(workspaceId, Rights.Unconfirmed, async decision => await users.Of(person).ExplainLastKnown(workspaceId, decision) is { } other
            // An outsider's decision has no epoch. Then the epoch is that of the asker's decision.
            ? Rights.Of(other, other.Decision.Standing == Standing.Member ? other.Decision.Epoch : decision.Epoch)
            : (Rights?)null);
    }

    /// <summary>
    /// Returns the workspaces of which a person is a member and the asker may know it; null if a membership cannot be
    /// confirmed.
    /// </summary>
    public async Task<IReadOnlyList<(string WorkspaceId, Permissions Permissions)>?> WorkspacesOf(PersonId person)
    {
        if (Person is not { } asker)
        {
            return Each(await users.Of(person).EvaluateAll(Application, Aborted));
        }

        var own = Each(await users.Of(asker.Person).Workspaces(asker.SignIn, Aborted));
        if (own is null || asker.Person == person)
        {
            return own;
        }

        var others = new List<(string, Permissions)>();
        foreach (var some in own.Where(w => (w.Permissions & Permissions.ViewUserRoles) != 0).Chunk(MaxParallel))
        {
            Aborted.ThrowIfCancellationRequested();
            var rights = await Task.WhenAll(some.Select(w => RightsOf(person, w.WorkspaceId).AsTask())).WaitAsync(Aborted);
            if (rights.Any(r => r.IsPartial))
            {
                return null;
            }

            others.AddRange(some.Zip(rights, (w, r) => (w.WorkspaceId, r.Permissions)));
        }

        return others;

        static List<(string WorkspaceId, Permissions Permissions)>? Each(ImmutableArray<UserWorkspace>? all) =>
            all is { } workspaces ? [.. workspaces.Select(w => (w.Workspace.WorkspaceId, w.Permissions))] : null;
    }

    /// <summary>
    /// Asks under the asker's own right in a workspace; the asker, a person, needs ViewUserRoles there. Without it, returns
    /// the default, which is also the answer for a workspace that does not exist.
    /// </summary>
    /// <param name="unconfirmed">Returned if the asker's own right cannot be confirmed.</param>
    /// <param name="ask">Returns null if the policy has changed since the decision; then access is decided again.</param>
    public async Task<T> InWorkspace<T>(string workspaceId, T unconfirmed, Func<AccessDecision, Task<T?>> ask)
        where T : struct
    {
        for (var decisions = 0; decisions < WorkspaceVisit.MaxDecisions; decisions++)
        {
            var own = await users.Of(Person!.Person).Decide(Person.SignIn, workspaceId, anew: decisions > 0);
            if (!own.Allows(Permissions.ViewUserRoles))
            {
                return own.Standing == Standing.Unconfirmed || (Person.SignIn.LeavesGroupsOut && !own.KnowsGroups) ? unconfirmed : default;
            }

            if (await ask(own) is { } answer)
            {
                return answer;
            }
        }

        return unconfirmed;
    }
}
