using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.WarmCheck;

/// <summary>A workspace, its groups, and people who are in all groups and have signed in.</summary>
internal sealed record Contoso(Guid Tenant, string WorkspaceId, ImmutableArray<Guid> Groups, ImmutableArray<SignIn> People)
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    public static async Task<Contoso> SetUp(IGrainFactory grains, int users, int numberOfGroups, string agreementId = "contoso")
    {
        var tenant = Guid.NewGuid();
        var adele = Token(new(tenant, Guid.NewGuid()), []);
        ImmutableArray<Guid> groups = [.. Enumerable.Range(0, numberOfGroups).Select(_ => Guid.NewGuid())];
        var workspaceId = await Agree(grains, agreementId, tenant, adele.Person);
        foreach (var group in groups)
        {
            await Grant(grains, workspaceId, adele, group);
        }

        var people = Enumerable.Range(0, users).Select(_ => new PersonId(tenant, Guid.NewGuid())).ToList();
        foreach (var person in people)
        {
            await grains.GetGrain<IUserGrain>(person.ToString()).Decide(Token(person, groups), workspaceId);
        }

        // Each request brings its own array of groups, equal to the one that the grain keeps but not the same object.
        return new(tenant, workspaceId, groups, [.. people.Select(p => Token(p, groups))]);
    }

    /// <summary>Returns a token of a person who is in all groups.</summary>
    public SignIn Token(PersonId person) => Token(person, Groups);

    private static SignIn Token(PersonId person, IEnumerable<Guid> groups) => SignIn.Create(
        person, Morning, new($"Person {person.UserId}", $"{person.UserId}@contoso.example", UserType.Member), groups);

    private static async Task<string> Agree(IGrainFactory grains, string agreementId, Guid tenant, PersonId adele)
    {
        var agreement = new Agreement(
            "Contoso 2026", AgreementType.EnterpriseSupportMca, new(tenant, "Contoso"), new(2020, 1, 1), new(2099, 12, 31),
            [new(Roles.CustomerSupportManager, adele, "Adele Vance", "adele@contoso.example", null, true)], [], []);
        var outcome = await grains.GetGrain<IAgreementGrain>(agreementId)
            .Put(new(ActorKind.Application, Guid.Empty, "automation", null, AppRoles.Agreements), new(agreement, null));
        return outcome.Agreement!.Workspaces.Single().WorkspaceId;
    }

    private static async Task Grant(IGrainFactory grains, string workspaceId, SignIn adele, Guid group)
    {
        var actor = new Actor(ActorKind.User, adele.Person.TenantId, adele.Person.UserId.ToString(), "Adele Vance");
        PutGroupOutcome outcome;
        do
        {
            var decision = await grains.GetGrain<IUserGrain>(adele.Person.ToString()).Decide(adele, workspaceId);
            outcome = await grains.GetGrain<IWorkspaceGrain>(workspaceId).PutGroup(decision, actor, new(group, null, Roles.SupportUser, null));
        }
        while (outcome.Status == PutGroupStatus.DecideAgain);

        if (outcome.Status != PutGroupStatus.Created)
        {
            throw new InvalidOperationException($"The group was not created: {outcome.Status}.");
        }
    }
}
