using CsCheck;

namespace EngageCenter.Access;

public class DecisionKeyTests
{
    private static readonly DecisionKey key = DecisionKey.New();

    private static Gen<AccessDecision> Decisions =>
        from tenant in Gen.Guid
        from user in Gen.Guid
        from workspace in Gen.Guid
        from standing in Gen.Enum<Standing>()
        from permissions in Gen.UShort
        from epoch in Gen.Long
        select new AccessDecision(new(tenant, user), workspace.ToString("N"), standing, (Permissions)permissions, epoch);

    [Fact]
    public void Proof_is_valid_only_for_the_same_decision() => Gen.Select(Decisions, Decisions).Sample((one, other) =>
    {
        var proven = key.Prove(one);
        AccessDecision[] changed =
        [
            proven with { Person = other.Person },
            proven with { Person = proven.Person with { UserId = other.Person.UserId } },
            proven with { WorkspaceId = other.WorkspaceId },
            proven with { Standing = (Standing)(((int)one.Standing + 1) % 3) },
            proven with { Permissions = ~one.Permissions },
            proven with { Epoch = one.Epoch + 1 },
            proven with { Epoch = one.Epoch - 1 },
            proven with { Proof = proven.Proof ^ 1 },
            proven with { Proof = 0 },
        ];
        return key.Proves(proven) && proven with { Proof = 0 } == one && !changed.Any(key.Proves);
    });

    [Fact]
    public void Proof_by_another_key_is_invalid() => Decisions.Sample(one => !DecisionKey.New().Proves(key.Prove(one)));

    [Fact]
    public void Proof_with_any_bit_changed_is_invalid()
    {
        var proven = key.Prove(new(new(Guid.NewGuid(), Guid.NewGuid()), "workspace", Standing.Member, Permissions.RenameSpace, 7));
        Assert.All(Enumerable.Range(0, 128), bit => Assert.False(key.Proves(proven with { Proof = proven.Proof ^ (UInt128.One << bit) })));
    }
}
