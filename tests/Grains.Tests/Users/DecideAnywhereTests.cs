using System.Collections.Concurrent;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>Whether some workspace of a person allows something. The tests count and break shared services, so they have a cluster to themselves.</summary>
public sealed class DecideAnywhereTests(WarmCluster cluster) : IClassFixture<WarmCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);
    private readonly Guid group = Guid.NewGuid();

    public void Dispose()
    {
        cluster.Store.Fate = (_, _) => RowFate.Happens;
        cluster.Called = _ => { };
    }

    [Fact]
    public async Task One_workspace_that_allows_it_is_enough()
    {
        var learner = Contoso.SignIn(contoso.Somebody(), 0, group);
        Assert.Equal(Standing.Outsider, await Decide(learner));

        var (first, second) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        await contoso.Grant(first, group, Roles.SupportUser);
        Assert.Equal(Standing.Outsider, await Decide(learner));

        await contoso.Grant(second, group, Roles.LearningUser);
        Assert.Equal(Standing.Member, await Decide(learner));

        // Two permissions are not allowed if no single workspace gives both.
        Assert.Equal(Standing.Outsider, await cluster.User(learner.Person).DecideAnywhere(learner, Permissions.AccessLearning | Permissions.ViewSupportInsights));
    }

    [Fact]
    public async Task Warm_decision_is_one_call_without_storage()
    {
        var learner = Contoso.SignIn(contoso.Somebody(), 0, group);
        await contoso.Grant(await contoso.Workspace(), group, Roles.LearningUser);
        Assert.Equal(Standing.Member, await Decide(learner));
        var calls = new ConcurrentBag<string>();
        cluster.Called = call =>
        {
            if (call.InterfaceMethod.DeclaringType!.Namespace!.StartsWith("EngageCenter", StringComparison.Ordinal))
            {
                calls.Add(call.MethodName);
            }
        };
        cluster.Store.StartCounting();

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(Standing.Member, await Decide(learner));
        }

        Assert.Equal(100, calls.Count(c => c == nameof(IUserGrain.DecideAnywhere)));
        Assert.Equal(100, calls.Count);
        Assert.Equal((0, 0), (cluster.Store.Reads, cluster.Store.Writes));
    }

    [Fact]
    public async Task Right_revoked_in_the_last_workspace_is_gone_at_once()
    {
        var learner = Contoso.SignIn(contoso.Somebody(), 0, group);
        string[] workspaces = [await contoso.Workspace(), await contoso.AnotherWorkspace()];
        for (var round = 0; round < 3; round++)
        {
            foreach (var workspace in workspaces)
            {
                await contoso.Grant(workspace, group, Roles.LearningUser);
            }

            Assert.Equal(Standing.Member, await Decide(learner));
            await contoso.Revoke(workspaces[0], group);
            Assert.Equal(Standing.Member, await Decide(learner));
            await contoso.Grant(workspaces[1], group, Roles.SupportUser);
            Assert.Equal(Standing.Outsider, await Decide(learner));
        }
    }

    [Fact]
    public async Task A_token_without_the_group_takes_the_right_away()
    {
        var person = contoso.Somebody();
        await contoso.Grant(await contoso.Workspace(), group, Roles.LearningUser);
        Assert.Equal(Standing.Member, await Decide(Contoso.SignIn(person, 0, group)));

        Assert.Equal(Standing.Outsider, await Decide(Contoso.SignIn(person, 60)));
        Assert.Equal(Standing.Outsider, await Decide(Contoso.SignIn(person, 0, group)));
    }

    [Fact]
    public async Task Unavailable_workspace_makes_it_unconfirmed_unless_another_allows_it()
    {
        var learner = Contoso.SignIn(contoso.Somebody(), 0, group);
        var (asked, broken) = (await contoso.Workspace(), await contoso.AnotherWorkspace());
        await contoso.Grant(asked, group, Roles.LearningUser);
        await contoso.Grant(broken, group, Roles.SupportUser);
        await Decide(learner);
        await cluster.Forget();

        // The workspace that allows it is decided before the other one becomes unavailable.
        Assert.Equal(Standing.Member, await contoso.StandingOf(learner, asked));
        cluster.Store.Fate = (operation, name) => operation == RowOperation.Read && name == "workspace" ? RowFate.Fails : RowFate.Happens;
        Assert.Equal(Standing.Member, await Decide(learner));

        await cluster.Forget();
        Assert.Equal(Standing.Unconfirmed, await Decide(learner));

        cluster.Store.Fate = (_, _) => RowFate.Happens;
        Assert.Equal(Standing.Member, await Decide(learner));
    }

    [Fact]
    public async Task Sign_in_of_another_person_throws() =>
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await cluster.User(contoso.Somebody()).DecideAnywhere(Contoso.SignIn(contoso.Somebody(), 0), Permissions.AccessLearning));

    private async Task<Standing> Decide(SignIn signIn) => await cluster.User(signIn.Person).DecideAnywhere(signIn, Permissions.AccessLearning);
}
