using System.Collections.Immutable;
using EngageCenter.Users;

namespace EngageCenter.Access;

/// <summary>Who holds which role in a workspace. Small: at most 100 contacts and 1,000 groups.</summary>
/// <param name="AgreementId">The source of every contract role.</param>
/// <param name="TenantId">The tenant of the Entra groups. A group with the same id in another tenant is a different group.</param>
/// <param name="StartDate">Before this day, in UTC, the policy gives no roles.</param>
/// <param name="Contacts">Sorted by person.</param>
/// <param name="Groups">Sorted by group id.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.AccessPolicy")]
internal sealed record AccessPolicy(
    [property: Id(0)] string AgreementId,
    [property: Id(1)] Guid TenantId,
    [property: Id(2)] DateOnly StartDate,
    [property: Id(3)] ImmutableArray<PolicyContact> Contacts,
    [property: Id(4)] ImmutableArray<PolicyGroup> Groups)
{
    // The ids of Groups as texts, created when they are first needed and shared by everybody's roles. A copy of this record
    // has the same value here, so the value also holds the array that it belongs to.
    [NonSerialized]
    private Sources? sources;

    /// <summary>
    /// Returns the roles that the contract and the groups give this person, and <see cref="Roles.User"/> if there is at least one.
    /// This is the whole authorization. Default deny: nobody else holds any role.
    /// </summary>
    /// <param name="groups">The person's groups in their own tenant, sorted.</param>
    public ImmutableArray<HeldRole> RolesOf(PersonId person, ImmutableArray<Guid> groups, DateTimeOffset now)
    {
        if (DateOnly.FromDateTime(now.UtcDateTime) < StartDate)
        {
            return [];
        }

        var held = ImmutableArray.CreateBuilder<HeldRole>();
        foreach (var contact in Contacts)
        {
            if (contact.Person == person)
            {
                Add(held, contact.Roles, RoleSource.Contract, AgreementId);
            }
        }

        if (person.TenantId == TenantId)
        {
            AddGroups(held, groups);
        }

        if (held.Count > 0)
        {
            held.Add(new(Roles.User, RoleSource.Default, null));
        }

        return held.DrainToImmutable();
    }

    /// <summary>Returns the roles that a group holds in this workspace.</summary>
    public Roles RolesOf(Guid groupId)
    {
        foreach (var group in Groups)
        {
            if (group.GroupId == groupId)
            {
                return group.Roles;
            }
        }

        return Roles.None;
    }

    /// <summary>Returns this policy with exactly these roles for the group.</summary>
    public AccessPolicy With(Guid groupId, Roles roles)
    {
        var others = Groups.Where(group => group.GroupId != groupId);
        return this with
        {
            Groups = roles == Roles.None ? [.. others] : [.. others.Append(new(groupId, roles)).OrderBy(group => group.GroupId)],
        };
    }

    // Both arrays are sorted. If the person is in far more groups than hold roles, each group with roles is searched for, so
    // that 3,000 groups of a person cost little more than 20. Otherwise one pass over both arrays finds the common ones.
    private void AddGroups(ImmutableArray<HeldRole>.Builder held, ImmutableArray<Guid> groups)
    {
        if (groups.Length / 16 > Groups.Length)
        {
            for (var i = 0; i < Groups.Length; i++)
            {
                if (groups.BinarySearch(Groups[i].GroupId) >= 0)
                {
                    Add(held, Groups[i].Roles, RoleSource.EntraGroup, SourceId(i));
                }
            }

            return;
        }

        int mine = 0, granted = 0;
        while (mine < groups.Length && granted < Groups.Length)
        {
            var order = groups[mine].CompareTo(Groups[granted].GroupId);
            if (order < 0)
            {
                mine++;
                continue;
            }

            if (order == 0)
            {
                Add(held, Groups[granted].Roles, RoleSource.EntraGroup, SourceId(granted));
            }

            granted++;
        }
    }

    private string SourceId(int group)
    {
        var mine = sources;
        if (mine is null || mine.Groups != Groups)
        {
            sources = mine = new(Groups, new string?[Groups.Length]);
        }

        // Two concurrent callers may each create the text; one of the two is kept.
        return mine.Ids[group] ??= Groups[group].GroupId.ToString();
    }

    private sealed record Sources(ImmutableArray<PolicyGroup> Groups, string?[] Ids);

    private static void Add(ImmutableArray<HeldRole>.Builder held, Roles roles, RoleSource source, string sourceId)
    {
        foreach (var definition in RoleTable.All)
        {
            if ((roles & definition.Role) != 0)
            {
                held.Add(new(definition.Role, source, sourceId));
            }
        }
    }
}

/// <summary>A contact of the contract, with what is known about the person before their first sign-in.</summary>
[GenerateSerializer, Immutable, Alias("EngageCenter.PolicyContact")]
internal sealed record PolicyContact(
    [property: Id(0)] PersonId Person,
    [property: Id(1)] Roles Roles,
    [property: Id(2)] string DisplayName,
    [property: Id(3)] string Email);

[GenerateSerializer, Immutable, Alias("EngageCenter.PolicyGroup")]
internal readonly record struct PolicyGroup(
    [property: Id(0)] Guid GroupId,
    [property: Id(1)] Roles Roles);

internal static class HeldRoles
{
    public static Roles Union(this ImmutableArray<HeldRole> held)
    {
        var roles = Roles.None;
        foreach (var role in held)
        {
            roles |= role.Role;
        }

        return roles;
    }
}
