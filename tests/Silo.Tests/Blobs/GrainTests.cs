using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Tests what callers of grains see of the store.</summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class GrainTests : IAsyncLifetime, IDisposable
{
    private static readonly Guid Tenant = Guid.NewGuid();
    private static readonly PersonId Adele = new(Tenant, Guid.NewGuid());
    private static readonly SignIn AdeleSignIn = SignInOf(Adele);
    private static readonly Actor Automation = new(ActorKind.Application, Guid.Empty, "automation", null, AppRoles.Agreements);
    private static readonly Actor AdeleActor = new(ActorKind.User, Tenant, Adele.UserId.ToString("D"), "Adele Vance");
    private static readonly Guid Team = Guid.NewGuid();
    private static readonly SignIn Member = SignInOf(new(Tenant, Guid.NewGuid()), Team);

    private readonly TempFolder folder = new();
    private Azurite azurite = null!;
    private StoreProxy proxy = null!;
    private TestSilo silo = null!;

    public async Task InitializeAsync()
    {
        azurite = await Azurite.Start(folder.Path);
        proxy = await StoreProxy.Start(azurite);
        await Restart();
    }

    public async Task DisposeAsync()
    {
        await silo.DisposeAsync();
        await proxy.DisposeAsync();
        await azurite.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Grain_with_an_unconfirmed_write_reads_the_stored_state_at_the_next_call()
    {
        var note = silo.Grains.GetGrain<INoteGrain>("справа/1");
        await note.Write("1");
        proxy.Next(Fate.AnswerIsLost);

        await Assert.ThrowsAsync<InconsistentStateException>(() => note.Write("2"));

        Assert.Equal("2", await note.Read());
        await note.Write("3");
        await Restart();
        Assert.Equal("3", await silo.Grains.GetGrain<INoteGrain>("справа/1").Read());
    }

    [Fact]
    public async Task Grain_with_a_failed_write_continues_with_the_stored_state()
    {
        var note = silo.Grains.GetGrain<INoteGrain>("1");
        await note.Write("1");
        proxy.Always(Fate.IsRefused);

        var error = await Assert.ThrowsAsync<OrleansException>(() => note.Write("2"));
        Assert.IsType<IOException>(error.InnerException);

        proxy.Next();
        Assert.Equal("1", await note.Read());
    }

    [Fact]
    public async Task Grants_and_revocations_survive_a_restart()
    {
        var workspace = await NewWorkspace();
        await Grant(workspace);
        await Restart();
        Assert.Equal(Standing.Member, await StandingOfMember(workspace));

        await Revoke(workspace);
        Assert.Equal(Standing.Outsider, await StandingOfMember(workspace));

        await Restart();
        Assert.Equal(Standing.Outsider, await StandingOfMember(workspace));
        Assert.Equal(Standing.Member, (await silo.Grains.GetGrain<IUserGrain>(Adele.ToString()).Decide(AdeleSignIn, workspace)).Standing);
    }

    [Fact]
    public async Task Agreement_is_listed_by_its_id()
    {
        await NewWorkspace();
        await silo.Grains.GetGrain<INoteGrain>("agreement").Write("1");
        var keys = new List<string>();
        await foreach (var key in silo.Services.GetRequiredService<IStoredGrains>().Keys("agreement", "agreement", "", CancellationToken.None))
        {
            keys.Add(key);
        }

        Assert.Equal(32, Assert.Single(keys).Length);
    }

    [Fact]
    public async Task Revocation_whose_response_was_lost_is_not_acknowledged_but_holds()
    {
        var workspace = await NewWorkspace();
        await Grant(workspace);
        Assert.Equal(Standing.Member, await StandingOfMember(workspace));
        var left = 1;
        proxy.Fate = request => IsWriteOf(request, $"workspace-workspace/{workspace}") && Interlocked.Decrement(ref left) == 0
            ? Fate.AnswerIsLost
            : Fate.Happens;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Revoke(workspace));

        Assert.Equal(Standing.Outsider, await StandingOfMember(workspace));
        await Restart();
        Assert.Equal(Standing.Outsider, await StandingOfMember(workspace));
    }

    [Fact]
    public async Task Unstored_grant_gives_no_access()
    {
        var workspace = await NewWorkspace();
        proxy.Fate = request => IsWriteOf(request, $"workspace-workspace/{workspace}") ? Fate.IsRefused : Fate.Happens;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Grant(workspace));

        proxy.Next();
        Assert.Equal(Standing.Outsider, await StandingOfMember(workspace));
        await Grant(workspace);
        Assert.Equal(Standing.Member, await StandingOfMember(workspace));
    }

    private static bool IsWriteOf(StoreRequest request, string name) =>
        request.Method == "PUT" && request.Target.Contains(name, StringComparison.Ordinal);

    private async Task Restart()
    {
        if (silo is not null)
        {
            await silo.DisposeAsync();
        }

        // After a fault, a change waits for leases that may be held: here only briefly.
        silo = await BlobSilo.Start(
            ("ConnectionString", proxy.ConnectionString),
            (":Access:Lease", "00:00:01"), (":Access:Authority", "00:00:01"));
    }

    private async Task<string> NewWorkspace()
    {
        var agreement = new Agreement(
            "Contoso 2026", AgreementType.EnterpriseSupportMca, new(Tenant, "Contoso"), new(2020, 1, 1), new(2099, 12, 31),
            [new(Roles.CustomerSupportManager, Adele, "Adele Vance", "adele@contoso.example", null, true)], [], []);
        var outcome = await silo.Grains.GetGrain<IAgreementGrain>(Guid.NewGuid().ToString("N")).Put(Automation, new(agreement, null));
        return outcome.Agreement!.Workspaces.Single().WorkspaceId;
    }

    private Task<PutGroupOutcome> Grant(string workspace) => Act(
        workspace, (w, d) => w.PutGroup(d, AdeleActor, new(Team, null, Roles.SupportUser, null)), o => o.Status == PutGroupStatus.DecideAgain);

    private Task<DeleteGroupOutcome> Revoke(string workspace) => Act(
        workspace, (w, d) => w.DeleteGroup(d, AdeleActor, new(Team, null)), o => o.Status == DeleteGroupStatus.DecideAgain);

    /// <summary>Decides for Adele, like the web API, until the workspace accepts the decision.</summary>
    private async Task<T> Act<T>(string workspace, Func<IWorkspaceGrain, AccessDecision, Task<T>> act, Func<T, bool> decideAgain)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var decision = await silo.Grains.GetGrain<IUserGrain>(Adele.ToString()).Decide(AdeleSignIn, workspace);
            var outcome = await act(silo.Grains.GetGrain<IWorkspaceGrain>(workspace), decision);
            if (!decideAgain(outcome))
            {
                return outcome;
            }
        }

        throw new InvalidOperationException("The workspace refused five decisions.");
    }

    private async Task<Standing> StandingOfMember(string workspace) =>
        (await silo.Grains.GetGrain<IUserGrain>(Member.Person.ToString()).Decide(Member, workspace)).Standing;

    private static SignIn SignInOf(PersonId person, params Guid[] groups) => SignIn.Create(
        person, new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero),
        new($"Person {person.UserId}", $"{person.UserId}@contoso.example", UserType.Member), groups);
}
