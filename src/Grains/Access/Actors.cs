using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Access;

/// <summary>Who does what they ask for. Their name is what the audit trail shows.</summary>
internal static class Actors
{
    private const int MaxIdLength = 64;

    /// <summary>For what a person does: it is done in the name of the person whom the decision lets in.</summary>
    /// <exception cref="UnauthorizedAccessException">It is another's.</exception>
    /// <exception cref="ArgumentException">The name is too long.</exception>
    public static void RequireSelf(this Actor actor, AccessDecision decision)
    {
        Check(actor);
        if (actor.Kind != ActorKind.User || actor.TenantId != decision.Person.TenantId || actor.Id != decision.Person.UserId.ToString("D"))
        {
            throw new UnauthorizedAccessException("The decision is another person's.");
        }
    }

    /// <summary>For what an application does or asks.</summary>
    /// <param name="appRoles">Those of which it needs one.</param>
    /// <exception cref="UnauthorizedAccessException">It is no application, or has another app role.</exception>
    /// <exception cref="ArgumentException">The name is too long.</exception>
    public static void RequireApplication(this Actor? caller, params ReadOnlySpan<string> appRoles)
    {
        if (caller is not { Kind: ActorKind.Application, AppRole: { } appRole } || !appRoles.Contains(appRole))
        {
            throw new UnauthorizedAccessException($"Only an application with {string.Join(" or ", appRoles)} may call this.");
        }

        Check(caller);
    }

    private static void Check(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        Bounds.Require(actor.Id is { Length: >= 1 and <= MaxIdLength }, "An actor's id has 1 to 64 characters.");
        Bounds.Require(actor.DisplayName is not { Length: > UserProfile.MaxDisplayNameLength }, "An actor's name is too long.");
    }
}
