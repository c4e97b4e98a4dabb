using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;

namespace EngageCenter.Workspaces;

/// <summary>Computes what a grant would change: everybody is decided by the current policy and by the one with the grant. No side effects.</summary>
internal static class GroupPreviews
{
    /// <param name="people">The people in the group; nobody else can be affected.</param>
    public static GroupPreview Of(LeasedPolicy now, IEnumerable<SeenUser> people, Guid groupId, Roles roles, DateTimeOffset time)
    {
        var then = now.Policy.With(groupId, roles);
        List<PreviewedPerson> gains = [], loses = [];
        foreach (var user in people)
        {
            var (before, after) = (PermissionsOf(now.Policy, user, time), PermissionsOf(then, user, time));
            Add(gains, user, after & ~before);
            Add(loses, user, before & ~after);
        }

        return new(now.Epoch, First(gains), First(loses));
    }

    private static Permissions PermissionsOf(AccessPolicy policy, SeenUser user, DateTimeOffset time) =>
        RoleTable.PermissionsOf(policy.RolesOf(user.Person, user.Groups, time).Union());

    private static void Add(List<PreviewedPerson> changed, SeenUser user, Permissions permissions)
    {
        if (permissions != Permissions.None)
        {
            changed.Add(new(user.Person, user.Profile, permissions));
        }
    }

    private static PreviewedChange First(List<PreviewedPerson> changed) => new(changed.Count,
    [
        .. changed.OrderBy(p => p.Profile.DisplayName, NameOrder.Instance).ThenBy(p => p.Person.ToString(), StringComparer.Ordinal).Take(PreviewedChange.MaxPeople),
    ]);
}
