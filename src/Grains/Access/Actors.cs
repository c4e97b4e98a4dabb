using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Access;

/// <summary>Checks who makes a call. The actor's name is shown in the audit trail.</summary>
internal static class Actors
{
    private const int MaxIdLength = 64;

    /// <summary>Checks that a person acts under their own name: the actor must be the person of the decision.</summary>
    /// <exception cref="UnauthorizedAccessException">The decision belongs to somebody else.</exception>
    /// <exception cref="ArgumentException">The actor's name is too long.</exception>
    public static void RequireSelf(this Actor actor, AccessDecision decision)
    {
        Check(actor);
        if (actor.Kind != ActorKind.User || actor.TenantId != decision.Person.TenantId || actor.Id != decision.Person.UserId.ToString("D"))
        {
            throw new UnauthorizedAccessException("The decision is another person's.");
        }
    }

    /// <summary>Checks that an application may make the call.</summary>
    /// <param name="appRoles">The application needs one of these.</param>
    /// <exception cref="UnauthorizedAccessException">The caller is not an application, or has another app role.</exception>
    /// <exception cref="ArgumentException">The caller's name is too long.</exception>
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
