using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Agreements;

/// <summary>
/// An agreement. It is the only writer of its workspaces' contracts. Keyed by the agreement's id.
/// </summary>
/// <remarks>
/// The agreement is stored first, with the ids of its workspaces, and acknowledged when every workspace has it. If the
/// activation ends in between, the next call, whichever it is, updates the workspaces before it answers.
/// </remarks>
[GrainType("agreement")]
internal sealed class AgreementGrain(
    [PersistentState("agreement")] IPersistentState<StoredAgreement> storage, TimeProvider time) : Grain, IAgreementGrain, IContractingAgreement, INamingAgreement
{
    /// <summary>How many contacts, workspaces or sets of tenants are called at the same time.</summary>
    public const int CallsAtOnce = 32;

    // The version that all workspaces have; 0 if this activation does not know it yet.
    private long applied;

    // The tenants that this activation has added to the sets of known tenants.
    private readonly HashSet<Guid> reported = [];

    private StoredAgreement State => storage.State;

    private string Id => this.GetPrimaryKeyString();

    public async Task<PutAgreementOutcome> Put(Actor actor, PutAgreement command)
    {
        actor.RequireApplication(AppRoles.Agreements);
        Bounds.Id(Id);
        var before = await Get(actor);
        if (command.Condition is { } condition && !condition.Allows(before?.Version))
        {
            return new(PutAgreementStatus.VersionMismatch);
        }

        var (status, next) = State.Put(actor, command.Agreement);
        if (status is not (PutAgreementStatus.Created or PutAgreementStatus.Updated))
        {
            return new(status);
        }

        if (!ReferenceEquals(next, State))
        {
            if (!await ReportTenants(next))
            {
                return new(PutAgreementStatus.TooManyTenants);
            }

            if (!await Announce(next))
            {
                await Unannounce(next);
                return new(PutAgreementStatus.TooManyWorkspaces);
            }

            var gone = State.Contacts().Except(next.Contacts()).ToList();
            await storage.Commit(this, next);
            await Apply();
            var ids = State.WorkspaceIds;
            await ForEach(gone, person => Contact(person).RemoveAll(ids, State.Version));
        }

        return new(status, await View(actor));
    }

    public async Task<AgreementView?> Get(Actor caller)
    {
        caller.RequireApplication(AppRoles.Agreements);
        await UpdateWorkspaces();
        return State.Agreement is null ? null : await View(caller);
    }

    public async Task UpdateWorkspaces()
    {
        if (State.Agreement is not null && applied != State.Version)
        {
            // The change has reported them already, unless an earlier release made it.
            await ReportTenants(State);
            await Apply();
        }
    }

    public async Task AddKnownIds()
    {
        if (State.Agreement is null)
        {
            return;
        }

        if (!await ReportTenants(State))
        {
            throw new StorageUnavailableException($"A tenant of agreement {Id} cannot be added to the known tenants: their set is full.");
        }

        foreach (var workspace in State.Workspaces)
        {
            await GrainFactory.GetGrain<IContractedWorkspace>(workspace.WorkspaceId).AddKnownGroups();
        }
    }

    // A tenant is added to the known tenants before the agreement names it, so that its people are not taken for strangers. It is
    // never removed, because nobody counts which other agreements name it.
    private async Task<bool> ReportTenants(StoredAgreement next)
    {
        var unreported = next.Tenants().Except(reported);
        return await All(unreported, async tenant =>
        {
            var isKnown = await GrainFactory.GetGrain<IKnownIdsGrain>(KnownIds.TenantsWith(tenant)).Add(tenant, next.Version, isMore: false);
            if (isKnown)
            {
                reported.Add(tenant);
            }

            return isKnown;
        });
    }

    // A contact's list gets the workspaces before their policies name the contact, so that the list is never too short.
    private Task<bool> Announce(StoredAgreement next)
    {
        var ids = next.WorkspaceIds;
        return All(next.Contacts(), person => Contact(person).AddAll(ids, next.Version));
    }

    // Undoes Announce after a refusal: otherwise workspaces that do not exist would fill the contacts' lists.
    private Task Unannounce(StoredAgreement refused)
    {
        var before = State.Contacts().ToHashSet();
        var all = refused.WorkspaceIds;
        ImmutableArray<string> added = [.. all.Except(State.WorkspaceIds)];
        return ForEach(refused.Contacts(), person =>
            Contact(person).RemoveAll(before.Contains(person) ? added : all, refused.Version));
    }

    private async Task Apply()
    {
        await ForEach(State.Workspaces, w =>
            GrainFactory.GetGrain<IContractedWorkspace>(w.WorkspaceId).Provision(State.ChangedBy!, State.ContractOf(Id, w)));
        applied = State.Version;
        if (State.AllStored() is var known && !ReferenceEquals(known, State))
        {
            await storage.Commit(this, known);
        }
    }

    private async Task<AgreementView> View(Actor caller)
    {
        var agreement = State.Agreement!;
        var status = Agreement.StatusAt(time.GetUtcNow(), agreement.StartDate, agreement.EndDate);
        var workspaces = status == AgreementStatus.Pending
            ? []
            : await Named(caller);
        return new(Id, agreement, status, [.. workspaces], VersionOf(status, workspaces));
    }

    private async Task<List<AgreementWorkspace>> Named(Actor caller)
    {
        List<AgreementWorkspace> named = [];
        await foreach (var workspace in Ask(State.Workspaces, async planned =>
        {
            var header = await GrainFactory.GetGrain<IWorkspaceGrain>(planned.WorkspaceId).Header(caller);
            return new AgreementWorkspace(planned.WorkspaceId, header?.Name ?? planned.DefaultName);
        }))
        {
            named.Add(workspace);
        }

        return named;
    }

    // The view also changes with the date and with the names of workspaces, so its version is computed from all of them.
    private long VersionOf(AgreementStatus status, IReadOnlyCollection<AgreementWorkspace> workspaces)
    {
        var text = $"{State.Version}\n{status}\n{string.Join('\n', workspaces.Select(w => w.Name))}";
        return BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text))) & long.MaxValue;
    }

    /// <summary>Whether every call returns true. After a call that returns false, no further calls begin.</summary>
    private static async Task<bool> All<T>(IEnumerable<T> neighbours, Func<T, Task<bool>> call)
    {
        await foreach (var answer in Ask(neighbours, call))
        {
            if (!answer)
            {
                return false;
            }
        }

        return true;
    }

    private static async Task ForEach<T>(IEnumerable<T> neighbours, Func<T, Task> call) => await All(neighbours, async neighbour =>
    {
        await call(neighbour);
        return true;
    });

    /// <summary>
    /// Calls <see cref="CallsAtOnce"/> neighbours at a time, and the next ones when their answers are asked for. Use it only with
    /// 'await foreach': LINQ's operators for it continue outside of the grain's turn.
    /// </summary>
    private static async IAsyncEnumerable<TAnswer> Ask<T, TAnswer>(IEnumerable<T> neighbours, Func<T, Task<TAnswer>> call)
    {
        foreach (var some in neighbours.Chunk(CallsAtOnce))
        {
            foreach (var answer in await Task.WhenAll(some.Select(call)))
            {
                yield return answer;
            }
        }
    }

    private IContactIndex Contact(PersonId person) => GrainFactory.GetGrain<IContactIndex>(person.ToString());
}
