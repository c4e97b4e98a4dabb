using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Directories;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace EngageCenter.Users;

/// <summary>
/// A person. Keyed <c>{tenantId}/{userId}</c>. Reentrant, so that a slow workspace does not hold up checks of others, and so that
/// a workspace that is being changed can call this grain while it waits for the workspace.
/// </summary>
/// <remarks>
/// Anybody with a work account can send requests, and most of them are not members of any workspace. So a person has no row until
/// a decision finds them a member or a contract names them. Until then their sign-in is only in memory, and the activation ends
/// after <see cref="MemoryOfStrangers"/>.
/// </remarks>
[GrainType("user"), WaitsForLentDecisions, Reentrant]
internal sealed partial class UserGrain(
    [PersistentState("user")] IPersistentState<UserState> storage,
    IGrainStorage rows,
    PolicyCache policies,
    KnownIdsCache knownIds,
    GroupLists groupLists,
    DecisionLending lending,
    IDirectory directory,
    DirectoryFollowers followers,
    TimeProvider time,
    ILogger<UserGrain> logger) : Grain, IUserGrain, IContactIndex, IDecisionMaker, IObservedPerson
{
    /// <summary>The most decisions kept in memory. At this limit all are dropped and made again when needed.</summary>
    private const int MaxKnown = 10_000;

    /// <summary>How many calls run at the same time for one person.</summary>
    private const int Parallel = 64;

    private readonly Dictionary<string, Known> known = new(StringComparer.Ordinal);

    private PersonId Person { get; set; }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Person = PersonId.Parse(this.GetPrimaryKeyString());
        activatedAt = time.GetTimestamp();
        hasRow = storage.RecordExists;
        hasDirectory = directory.IsConfiguredFor(Person.TenantId);
        if (hasDirectory && hasRow)
        {
            // Nothing of a person without a row has decided anything.
            var stored = rows.ReadRow<UserObservation>(this, ObservationName);
            accountRow = await rows.ReadRow<UserAccount>(this, AccountName);
            (observationRow, account) = (await stored, accountRow.State!);
        }

        mayHavePredecessor = hasRow;
        Know(storage.State, observationRow?.State ?? new());
        listedGroups = Groups;
        isObserved = time.GetUtcNow() - Seen?.FirstSignInAt > LongestToken;
        if (hasRow)
        {
            Came();
        }
        else
        {
            this.RegisterGrainTimer(ForgetStranger, new GrainTimerCreationOptions(MemoryOfStrangers, Timeout.InfiniteTimeSpan) { Interleave = true });
        }
    }

    public ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        return signIn.Person == Person && Covers(signIn) && Remembered(workspaceId) is { } access
            ? new(access.Decision)
            : DecideAnew(signIn, workspaceId);
    }

    public ValueTask<EffectiveAccess> Explain(SignIn signIn, string workspaceId)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        return signIn.Person == Person && Covers(signIn) && Remembered(workspaceId) is { } access
            ? new(Lend(access, signIn))
            : ExplainAnew(signIn, workspaceId);
    }

    public async ValueTask<EffectiveAccess?> ExplainLastKnown(string workspaceId, AccessDecision asker) =>
        await policies.Accept(asker, workspaceId, Permissions.ViewUserRoles) is null ? null : (await Examine(workspaceId)).Access;

    public async ValueTask<EffectiveAccess> Evaluate(string workspaceId, Actor caller)
    {
        caller.RequireApplication(AppRoles.Evaluate);
        var (access, policy) = await Examine(workspaceId);
        return policy is null ? access : access with { Decision = access.Decision with { Epoch = policy.Epoch } };
    }

    public async Task<ImmutableArray<UserWorkspace>?> EvaluateAll(Actor caller, CancellationToken cancellation)
    {
        caller.RequireApplication(AppRoles.Evaluate);
        return await ExamineAll(cancellation) is { } all ? [.. all] : null;
    }

    public async ValueTask<Standing> DecideAnywhere(SignIn signIn, Permissions required)
    {
        if (!await Accept(signIn))
        {
            return await ContractAllows(required) ? Standing.Member : Standing.Unconfirmed;
        }

        if (known.Values.Any(made => Stands(made) && made.Access.Decision.Allows(required)))
        {
            return Standing.Member;
        }

        return await ExamineAll() is not { } all ? Standing.Unconfirmed
            : all.Any(w => (w.Permissions & required) == required) ? Standing.Member
            : Standing.Outsider;
    }

    public async ValueTask<AccountTeamOutcome> AccountTeam(SignIn signIn, string workspaceId, BillingScope? asked)
    {
        var knowsGroups = await Accept(signIn);
        var (access, policy) = await Examine(knowsGroups, workspaceId);
        if (access.Decision.Standing != Standing.Member)
        {
            return new(access.Decision, AccountTeamStatus.Found);
        }

        var terms = policy!.Terms ?? throw new StorageUnavailableException("The workspace does not have the terms of its agreement yet.");
        if (!knowsGroups && terms.BillingReaders.Any(r => r.GroupId is not null && r.TenantId == Person.TenantId))
        {
            // One of the readers' groups may be the person's.
            return new(AccessDecision.Unconfirmed(Person, workspaceId), AccountTeamStatus.Found);
        }

        var (status, team) = BillingAccess.TeamFor(Person, knowsGroups ? Groups : [], terms, asked);
        return new(access.Decision, status, team);
    }

    public async Task<Me> Me(SignIn signIn)
    {
        if (!await Accept(signIn))
        {
            return new(Person, signIn.Profile, durable.LastOpened);
        }

        if (!ReferenceEquals(toldAll, Seen))
        {
            await ExamineAll();
        }

        return new(Person, Seen!.Profile, durable.LastOpened);
    }

    public Task<SwitchOutcome> Switch(SignIn signIn, string workspaceId) => Open(signIn, workspaceId, null);

    public Task<SwitchOutcome> SwitchIf(SignIn signIn, string workspaceId, IfMatch condition) => Open(signIn, workspaceId, condition);

    private async Task<SwitchOutcome> Open(SignIn signIn, string workspaceId, IfMatch? condition)
    {
        var examined = await Examine(await Accept(signIn), workspaceId);
        if (examined.Access.Decision.Standing != Standing.Member)
        {
            return new(examined.Access.Decision.Standing, null);
        }

        // Compared with what is being written as well: of two that expect the same, one opens.
        if (condition is { } expected && !expected.Allows(storage.State.OpenedVersion))
        {
            return new(Standing.Member, null);
        }

        var opened = storage.State.Open(workspaceId, time.GetUtcNow());
        await Update(_ => opened);
        return new(Standing.Member, Listed(examined), opened.OpenedVersion);
    }

    public async Task<Landing> Land(SignIn signIn)
    {
        var knowsGroups = await Accept(signIn);
        var version = durable.OpenedVersion;
        var opened = durable.Opened.OrderByDescending(o => o.Key == durable.LastOpened).ThenByDescending(o => o.Value).Select(o => o.Key);
        foreach (var some in Rounds.Of([.. opened], Parallel))
        {
            var examined = await Task.WhenAll(some.Select(id => Examine(knowsGroups, id).AsTask()));
            if (Array.Find(examined, e => e.Access.Decision.Standing != Standing.Outsider).Access is { Decision: var decision })
            {
                return new(decision.Standing, decision, version);
            }
        }

        var all = await Workspaces(signIn, CancellationToken.None);
        if (all is not { } workspaces)
        {
            return new(Standing.Unconfirmed, AccessDecision.Unconfirmed(Person, string.Empty));
        }

        if (workspaces.IsEmpty)
        {
            return new(Standing.Outsider, AccessDecision.Outsider(Person, string.Empty), version);
        }

        var first = (await Examine(workspaces[0].Workspace.WorkspaceId)).Access.Decision;
        return new(first.Standing, first, version);
    }

    public ValueTask<bool> Made(AccessDecision decision) => new(
        known.TryGetValue(decision.WorkspaceId, out var made)
        && Stands(made)
        && (made.Lease.Leased.Key is { } key ? key.Proves(decision) : made.Access.Decision == decision));

    /// <summary>Returns an earlier decision that is still valid, or null. Its lease is tested last, right before the answer.</summary>
    private EffectiveAccess? Remembered(string workspaceId) =>
        workspaceId is not null && known.TryGetValue(workspaceId, out var made) && Stands(made) ? made.Access : null;

    private bool Stands(Known made) => ReferenceEquals(made.Seen, Seen) && made.Lease.IsValid;

    private async ValueTask<AccessDecision> DecideAnew(SignIn signIn, string workspaceId) => (await ExplainAnew(signIn, workspaceId)).Decision;

    private async ValueTask<EffectiveAccess> ExplainAnew(SignIn signIn, string workspaceId)
    {
        var knowsGroups = await Accept(signIn);
        return Lend((await Examine(knowsGroups, workspaceId)).Access, signIn);
    }

    private ValueTask<Examined> Examine(bool knowsGroups, string workspaceId) =>
        knowsGroups ? Examine(workspaceId) : ExamineContract(workspaceId);

    /// <summary>
    /// Decides by the contract alone, if the person's groups are unknown. For a person who is not a contact the decision is
    /// unconfirmed, because they may be a member by a group. It is also unconfirmed if there is no such workspace.
    /// </summary>
    private async ValueTask<Examined> ExamineContract(string workspaceId)
    {
        for (var attempt = 0; WorkspaceHeader.IsId(workspaceId) && attempt < PolicyCache.Attempts; attempt++)
        {
            if ((await policies.Get(workspaceId)).Lease is not { } lease)
            {
                break;
            }

            var roles = IsBlocked ? [] : lease.Leased.Policy.RolesOf(Person, [], time.GetUtcNow());
            if (roles.IsEmpty)
            {
                break;
            }

            var access = Member(workspaceId, lease.Leased, roles, knowsGroups: false);
            if (lease.IsValid)
            {
                return new(access, lease.Leased);
            }
        }

        return new(Unconfirmed(workspaceId), null);
    }

    /// <summary>Whether the contract allows the permissions in some workspace that names the person.</summary>
    private async Task<bool> ContractAllows(Permissions required)
    {
        foreach (var some in durable.Contracts.Entries.Keys.Chunk(Parallel))
        {
            if ((await Task.WhenAll(some.Select(id => ExamineContract(id).AsTask()))).Any(e => e.Access.Decision.Allows(required)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Decides by this silo's copy of the policy, and asks for a copy if there is none.</summary>
    private async ValueTask<Examined> Examine(string workspaceId)
    {
        // An id that cannot be a workspace's is not asked for, because that would activate a grain.
        if (!WorkspaceHeader.IsId(workspaceId))
        {
            return new(Outsider(workspaceId), null);
        }

        if (hasDirectory)
        {
            followers.Wake(Person.TenantId);
        }

        for (var attempt = 0; attempt < PolicyCache.Attempts; attempt++)
        {
            if (Remembered(workspaceId) is { } made && IsTold(workspaceId, made.Decision.Standing == Standing.Member))
            {
                return new(made, known[workspaceId].Lease.Leased);
            }

            var answer = await policies.Get(workspaceId);
            if (answer.Lease is not { } lease)
            {
                known.Remove(workspaceId);
                return new(answer.Kind == PolicyAnswerKind.NoWorkspace ? Outsider(workspaceId) : Unconfirmed(workspaceId), null);
            }

            var (seen, decidedBy) = (Seen, account);
            var roles = IsBlocked ? [] : lease.Leased.Policy.RolesOf(Person, Groups, time.GetUtcNow());
            if (!roles.IsEmpty)
            {
                await Keep(workspaceId);
            }

            await TellOfNewGroups();
            await Tell(workspaceId, !roles.IsEmpty);
            if (!lease.IsValid || !ReferenceEquals(Seen, seen) || !ReferenceEquals(account, decidedBy))
            {
                continue;
            }

            var access = roles.IsEmpty ? Outsider(workspaceId) : Member(workspaceId, lease.Leased, roles, knowsGroups: true);
            if (known.Count >= MaxKnown)
            {
                known.Clear();
            }

            known[workspaceId] = new(access, lease, seen);
            return new(access, lease.Leased);
        }

        return new(Unconfirmed(workspaceId), null);
    }

    private EffectiveAccess Member(string workspaceId, LeasedPolicy policy, ImmutableArray<HeldRole> roles, bool knowsGroups) =>
        new(
            policy.Prove(new(Person, workspaceId, Standing.Member, RoleTable.PermissionsOf(roles.Union()), policy.Epoch, KnowsGroups: knowsGroups)),
            roles,
            HasDirectory: directory.IsConfiguredFor(policy.Policy.TenantId));

    private EffectiveAccess Outsider(string workspaceId) => new(AccessDecision.Outsider(Person, workspaceId) with { KnowsGroups = true }, []);

    private EffectiveAccess Unconfirmed(string workspaceId) => new(AccessDecision.Unconfirmed(Person, workspaceId), []);

    /// <param name="Seen">The sign-in that the decision is based on.</param>
    private sealed record Known(EffectiveAccess Access, Lease<LeasedPolicy> Lease, SeenUser? Seen);

    /// <param name="Policy">The policy that decided; null if there is none or nothing is confirmed.</param>
    private readonly record struct Examined(EffectiveAccess Access, LeasedPolicy? Policy);
}
