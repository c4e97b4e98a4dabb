using System.Security.Cryptography;
using System.Text;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Agreements;

/// <summary>
/// An agreement, the one writer of what its workspaces' contract says. Keyed by the agreement's id.
/// </summary>
/// <remarks>
/// The agreement is stored first, with the ids of its workspaces, and acknowledged when every workspace has it. Should
/// the activation end in between, the next call, whichever it is, brings the workspaces in line before it answers.
/// </remarks>
[GrainType("agreement")]
internal sealed class AgreementGrain(
    [PersistentState("agreement")] IPersistentState<StoredAgreement> storage, TimeProvider time) : Grain, IAgreementGrain, IContractor, INamingAgreement
{
    // What the workspaces answered when they were last brought in line; unknown to a new activation.
    private long applied;

    // Tenants that this activation made known: at most those of its versions.
    private readonly HashSet<Guid> said = [];

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
            if (!await SayTenants(next))
            {
                return new(PutAgreementStatus.TooManyTenants);
            }

            if (!await Announce(next))
            {
                return new(PutAgreementStatus.TooManyWorkspaces);
            }

            var gone = State.Contacts().Except(next.Contacts()).ToList();
            await storage.Commit(this, next);
            await Apply();
            await Task.WhenAll(gone.SelectMany(
                person => State.Workspaces.Select(w => Contact(person).Remove(w.WorkspaceId, State.Version))));
        }

        return new(status, await View(actor));
    }

    public async Task<AgreementView?> Get(Actor caller)
    {
        caller.RequireApplication(AppRoles.Agreements);
        await BringInLine();
        return State.Agreement is null ? null : await View(caller);
    }

    public async Task BringInLine()
    {
        if (State.Agreement is not null && applied != State.Version)
        {
            // Said by the change already, unless an earlier release made it.
            await SayTenants(State);
            await Apply();
        }
    }

    public async Task SayNames()
    {
        if (State.Agreement is null)
        {
            return;
        }

        if (!await SayTenants(State))
        {
            throw new StorageUnavailableException($"A tenant that agreement {Id} names cannot be known: there are too many.");
        }

        foreach (var workspace in State.Workspaces)
        {
            await GrainFactory.GetGrain<IContractedWorkspace>(workspace.WorkspaceId).SayGroups();
        }
    }

    // A tenant is known before the agreement names it, so that nobody of it is taken for a stranger. It stays known: which
    // other agreements name it nobody counts.
    private async Task<bool> SayTenants(StoredAgreement next)
    {
        Guid[] unsaid = [.. next.Tenants().Except(said)];
        var added = await Task.WhenAll(unsaid.Select(
            tenant => GrainFactory.GetGrain<IKnownIdsGrain>(KnownIds.TenantsWith(tenant)).Add(tenant, next.Version, isFirst: false)));
        said.UnionWith(unsaid.Where((_, i) => added[i]));
        return added.All(a => a);
    }

    // A contact learns of the workspace before the workspace's policy names them, so that their list is never short.
    private async Task<bool> Announce(StoredAgreement next)
    {
        var added = await Task.WhenAll(next.Contacts().SelectMany(
            person => next.Workspaces.Select(w => Contact(person).Add(w.WorkspaceId, next.Version))));
        return added.All(a => a);
    }

    private async Task Apply()
    {
        await Task.WhenAll(State.Workspaces.Select(
            w => GrainFactory.GetGrain<IContractedWorkspace>(w.WorkspaceId).Provision(State.ChangedBy!, State.ContractOf(Id, w))));
        applied = State.Version;
    }

    private async Task<AgreementView> View(Actor caller)
    {
        var agreement = State.Agreement!;
        var status = Agreement.StatusAt(time.GetUtcNow(), agreement.StartDate, agreement.EndDate);
        var workspaces = status == AgreementStatus.Pending
            ? []
            : await Task.WhenAll(State.Workspaces.Select(w => Named(w, caller)));
        return new(Id, agreement, status, [.. workspaces], VersionOf(status, workspaces));
    }

    private async Task<AgreementWorkspace> Named(PlannedWorkspace planned, Actor caller)
    {
        var header = await GrainFactory.GetGrain<IWorkspaceGrain>(planned.WorkspaceId).Header(caller);
        return new(planned.WorkspaceId, header?.Name ?? planned.DefaultName);
    }

    // The view changes with the date and with its workspaces' names as well, so its version comes from all of them.
    private long VersionOf(AgreementStatus status, AgreementWorkspace[] workspaces)
    {
        var text = $"{State.Version}\n{status}\n{string.Join('\n', workspaces.Select(w => w.Name))}";
        return BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text))) & long.MaxValue;
    }

    private IContactIndex Contact(PersonId person) => GrainFactory.GetGrain<IContactIndex>(person.ToString());
}
