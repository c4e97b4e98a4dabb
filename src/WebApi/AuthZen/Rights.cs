using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Users;
using EngageCenter.Workspaces;
using Microsoft.AspNetCore.Http.Features;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>What is known of a person's rights in a workspace.</summary>
/// <param name="Access">Of a member the roles and permissions.</param>
/// <param name="Epoch">The version of the access policy that decided; null if there is none that the asker may know of.</param>
/// <param name="IsPartial">Whether there may be rights that cannot be confirmed, beside those that are known.</param>
internal readonly record struct Rights(EffectiveAccess? Access, long? Epoch, bool IsPartial)
{
    /// <summary>For an asker who may know nothing of the workspace: as if there were none.</summary>
    public static Rights None => default;

    public static Rights Unconfirmed => new(null, null, IsPartial: true);

    public static Rights Of(EffectiveAccess access, long epoch, bool isPartial = false) => access.Decision.Standing == Standing.Unconfirmed
        ? Unconfirmed
        : new(access, epoch == 0 ? null : epoch, isPartial);

    public Permissions Permissions => Access?.Decision.Permissions ?? Permissions.None;

    /// <summary>Null where it cannot be confirmed.</summary>
    public bool? Allows(Permissions permission) => Access?.Decision.Allows(permission) == true ? true : IsPartial ? null : false;
}

/// <summary>
/// Whoever asks about others' rights: an application with <see cref="AppRoles.Evaluate"/>, about everybody; or a person, about
/// themself, and about others where they have ViewUserRoles.
/// </summary>
internal sealed class Asker(HttpContext http, UserGrains users)
{
    /// <summary>Calls of one request at the same time.</summary>
    public const int MaxParallel = 64;

    private readonly Caller caller = http.Features.GetRequiredFeature<Caller>();

    /// <summary>Null for an application.</summary>
    public PersonCaller? Person => caller as PersonCaller;

    /// <summary>Whoever asked has gone.</summary>
    public CancellationToken Aborted => http.RequestAborted;

    /// <summary>The application with its app role.</summary>
    public Actor Application => http.Application();

    public static ValueTask<Asker?> BindAsync(HttpContext http) => new(new Asker(http, http.RequestServices.GetRequiredService<UserGrains>()));

    /// <summary>A person's rights in a workspace, as far as the asker may know them.</summary>
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
            // An outsider's decision names no epoch; then it is the policy by which the asker asks.
            ? Rights.Of(other, other.Decision.Standing == Standing.Member ? other.Decision.Epoch : decision.Epoch)
            : (Rights?)null);
    }

    /// <summary>All workspaces that a person is a member of, and the asker may know so; null where one cannot be confirmed.</summary>
    public async Task<IReadOnlyList<(string WorkspaceId, Permissions Permissions)>?> WorkspacesOf(PersonId person)
    {
        if (Person is not { } asker)
        {
            return Each(await users.Of(person).EvaluateAll(Application));
        }

        var own = Each(await users.Of(asker.Person).Workspaces(asker.SignIn));
        if (own is null || asker.Person == person)
        {
            return own;
        }

        var others = new List<(string, Permissions)>();
        foreach (var some in own.Where(w => (w.Permissions & Permissions.ViewUserRoles) != 0).Chunk(MaxParallel))
        {
            var rights = await Task.WhenAll(some.Select(w => RightsOf(person, w.WorkspaceId).AsTask()));
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
    /// Asks by the asker's own right in a workspace, for a person who needs ViewUserRoles there. Without it the answer is what
    /// there is to say of a workspace that does not exist.
    /// </summary>
    /// <param name="unconfirmed">The answer where the asker's own right cannot be confirmed.</param>
    /// <param name="ask">Null: the policy has changed since the decision.</param>
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
