using EngageCenter.Access;
using EngageCenter.Storage;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>What a new token costs in storage. The tests count writes, so they have a cluster to themselves.</summary>
public sealed class FirstSignInTests(WarmCluster cluster) : IClassFixture<WarmCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);
    private readonly Guid group = Guid.NewGuid();

    public void Dispose() => cluster.Store.Fate = (_, _) => RowFate.Happens;

    [Fact]
    public async Task First_and_next_token_write_the_persons_row_once_each()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var (person, written) = (contoso.Somebody(), 0);
        cluster.Store.Fate = (operation, name) =>
        {
            if (operation == RowOperation.Write && name == "user")
            {
                Interlocked.Increment(ref written);
            }

            return RowFate.Happens;
        };

        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace));
        Assert.Equal(1, written);
        Assert.Equal(Standing.Member, await contoso.StandingOf(Contoso.SignIn(person, 1, group), workspace));
        Assert.Equal(2, written);
    }
}
