using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests;

/// <summary>An organization for one test, so that tests can share a cluster.</summary>
internal sealed class Contoso(GrainCluster cluster)
{
    public static readonly Actor Automation = Applications.With(AppRoles.Agreements);

    public Guid Tenant { get; } = Guid.NewGuid();

    public string AgreementId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The Customer Support Manager, who is in no group.</summary>
    public PersonId Adele => field == default ? field = new(Tenant, Guid.NewGuid()) : field;

    public SignIn AdeleSignIn => SignIn(Adele, 0);

    public Actor AdeleActor => new(ActorKind.User, Tenant, Adele.UserId.ToString(), "Adele Vance");

    public Agreement Agreement(AgreementType type, params string[] packages) => new(
        "Contoso 2026", type, new(Tenant, "Contoso"), new(2020, 1, 1), new(2099, 12, 31),
        [new(Roles.CustomerSupportManager, Adele, "Adele Vance", "adele@contoso.example", null, true)],
        [.. packages.Select(p => new Package(p.Replace(' ', '-'), PackageKind.AddOn, p, new(2020, 1, 1), new(2099, 12, 31), "account", "profile", null))],
        []);

    public async Task<AgreementView> Put(Agreement agreement)
    {
        var outcome = await cluster.Agreement(AgreementId).Put(Automation, new(agreement, null));
        return outcome.Agreement ?? throw new InvalidOperationException(outcome.Status.ToString());
    }

    public async Task<string> Workspace() =>
        (await Put(Agreement(AgreementType.EnterpriseSupportMca))).Workspaces.Single().WorkspaceId;

    /// <summary>Creates a workspace with its own agreement.</summary>
    public async Task<string> AnotherWorkspace()
    {
        var outcome = await cluster.Agreement(Guid.NewGuid().ToString("N"))
            .Put(Automation, new(Agreement(AgreementType.EnterpriseSupportMca), null));
        return outcome.Agreement!.Workspaces.Single().WorkspaceId;
    }

    public PersonId Somebody() => new(Tenant, Guid.NewGuid());

    /// <param name="seconds">Seconds after a fixed morning.</param>
    public static SignIn SignIn(PersonId person, int seconds, params Guid[] groups) => EngageCenter.Users.SignIn.Create(
        person, new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero).AddSeconds(seconds),
        new($"Person {person.UserId}", $"{person.UserId}@contoso.example", UserType.Member), groups);

    public Task<PutGroupOutcome> Grant(string workspaceId, Guid group, Roles roles) => cluster.Act(
        AdeleSignIn, workspaceId, (w, d) => w.PutGroup(d, AdeleActor, new(group, null, roles, null)),
        o => o.Status == PutGroupStatus.DecideAgain);

    public Task<DeleteGroupOutcome> Revoke(string workspaceId, Guid group) => cluster.Act(
        AdeleSignIn, workspaceId, (w, d) => w.DeleteGroup(d, AdeleActor, new(group, null)),
        o => o.Status == DeleteGroupStatus.DecideAgain);

    public async Task<Standing> StandingOf(SignIn signIn, string workspaceId) =>
        (await cluster.User(signIn.Person).Decide(signIn, workspaceId)).Standing;
}
