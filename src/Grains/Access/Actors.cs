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

    private static void Check(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        Bounds.Require(actor.Id is { Length: >= 1 and <= MaxIdLength }, "An actor's id has 1 to 64 characters.");
        Bounds.Require(actor.DisplayName is not { Length: > UserProfile.MaxDisplayNameLength }, "An actor's name is too long.");
    }
}
