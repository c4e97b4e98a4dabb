using System.Text;
using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

public class RoleTableTests
{
    [Fact]
    public void Who_may_do_what() => Approved.Matches("tests/Grains.Tests/Access/role-permissions.txt", Matrix());

    [Fact]
    public void Table_has_every_role_once() =>
        Assert.Equal(Enum.GetValues<Roles>().Where(r => r != Roles.None).Order(), RoleTable.All.Select(d => d.Role).Order());

    [Fact]
    public void No_role_allows_nothing() => Assert.Equal(Permissions.None, RoleTable.PermissionsOf(Roles.None));

    [Fact]
    public void Unknown_role_allows_nothing() =>
        Assert.Equal(Permissions.None, RoleTable.PermissionsOf((Roles)(1 << 15)));

    [Fact]
    public void Roles_allow_the_union_of_what_each_allows()
    {
        foreach (var one in RoleTable.All)
        {
            foreach (var other in RoleTable.All)
            {
                Assert.Equal(one.Permissions | other.Permissions, RoleTable.PermissionsOf(one.Role | other.Role));
            }
        }
    }

    [Fact]
    public void Role_is_either_a_contract_role_or_assignable()
    {
        Assert.Equal(Roles.None, RoleTable.Contract & RoleTable.Assignable);
        Assert.Equal(RoleTable.All.Length, System.Numerics.BitOperations.PopCount((uint)(RoleTable.Contract | RoleTable.Assignable)));
    }

    private static string Matrix()
    {
        var permissions = Enum.GetValues<Permissions>().Where(p => p != Permissions.None).ToList();
        var text = new StringBuilder();
        text.Append($"{"role",-30} {"assignment",-11} {"origin",-10}");
        text.AppendJoin(' ', permissions).Append('\n');
        foreach (var definition in RoleTable.All)
        {
            text.Append($"{definition.Role,-30} {definition.Assignment,-11} {definition.Origin,-10}");
            text.AppendJoin(' ', permissions.Select(p =>
                ((definition.Permissions & p) != 0 ? "yes" : "-").PadRight(p.ToString().Length)));
            text.Length -= text.ToString().Length - text.ToString().TrimEnd().Length;
            text.Append('\n');
        }

        return text.ToString();
    }
}
