using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests;

/// <summary>The base of tests with one organization, its directory, and a group in it.</summary>
public abstract class DirectoryTest
{
    private protected readonly GrainCluster cluster;
    private protected readonly Contoso contoso;
    private protected readonly TenantDirectory directory;
    private protected readonly Guid group = Guid.NewGuid();

    protected DirectoryTest(GrainCluster cluster)
    {
        this.cluster = cluster;
        contoso = new(cluster);
        directory = cluster.Directory.Of(contoso.Tenant);
    }

    /// <summary>Runs one round of the grain that follows the directory.</summary>
    /// <returns>Whether the grain has caught up with the directory.</returns>
    private protected Task<bool> Poll() => cluster.WithinSilo.GetGrain<IDirectoryFollower>($"{contoso.Tenant}").Poll();

    /// <summary>Decides for a person whose token names the group.</summary>
    private protected Task<Standing> StandingOf(PersonId person, string workspace) => contoso.StandingOf(Contoso.SignIn(person, 0, group), workspace);

    /// <summary>Creates two members who signed in with the group. The group and their accounts are followed.</summary>
    private protected async Task<(string Workspace, PersonId First, PersonId Second)> Members(string? of = null)
    {
        var (workspace, first, second) = (of ?? await contoso.Workspace(), contoso.Somebody(), contoso.Somebody());
        await contoso.Grant(workspace, group, Roles.SupportUser);
        directory.Groups[first.UserId] = directory.Groups[second.UserId] = [group];
        Assert.Equal(Standing.Member, await StandingOf(first, workspace));
        Assert.Equal(Standing.Member, await StandingOf(second, workspace));
        Assert.True(await Poll());
        return (workspace, first, second);
    }
}
