using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Users;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace EngageCenter.Workspaces;

/// <summary>
/// The people of a workspace. Keyed by the workspace's id. Reentrant, so that sign-ins that come while a write is
/// under way share the next one.
/// </summary>
[GrainType("workspace-users"), Reentrant]
internal sealed class WorkspaceUsersGrain(
    IGrainStorage rows, PolicyCache policies, TimeProvider time, ILogger<WorkspaceUsersGrain> logger)
    : Grain, IWorkspaceUsersGrain, ISeenUsers
{
    /// <summary>Sign-ins in one write, which bounds a row to 2 MB.</summary>
    private const int MaxBatch = 64;

    /// <summary>Sign-ins that wait for their write; more are refused, and told again with a later decision.</summary>
    private const int MaxWaiting = 10_000;

    private readonly Dictionary<string, (SeenEntry Entry, TaskCompletionSource Stored)> waiting = new(StringComparer.Ordinal);
    private SegmentedLog<SeenEntry> log = null!;
    private bool writing;
    private (LeasedPolicy Policy, WorkspacePeople People)? current;

    private string Id => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        log = new(rows, GrainContext.GrainId, "people", DeactivateOnIdle, logger);
        return log.Load();
    }

    public async Task<Page<WorkspaceUser>?> List(AccessDecision decision, WorkspaceUserQuery query)
    {
        var policy = await policies.Accept(decision, Id, Permissions.ViewUserRoles);
        return policy is null ? null : People(policy).List(query);
    }

    public Task Seen(SeenUser user)
    {
        var entry = SeenEntry.Of(user);
        if (log.Find(entry.Key) is { } stored && !entry.Supersedes(stored))
        {
            return Task.CompletedTask;
        }

        if (waiting.TryGetValue(entry.Key, out var other))
        {
            waiting[entry.Key] = (entry.Supersedes(other.Entry) ? entry : other.Entry, other.Stored);
            return other.Stored.Task;
        }

        if (waiting.Count >= MaxWaiting)
        {
            throw new StorageUnavailableException("Too many sign-ins wait to be stored.");
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(entry.Key, (entry, done));
        if (!writing)
        {
            writing = true;
            _ = Write();
        }

        return done.Task;
    }

    private WorkspacePeople People(LeasedPolicy policy)
    {
        if (current is not { } known || known.Policy.Epoch != policy.Epoch)
        {
            current = known = (policy, new(policy.Policy, log.Entries.Select(e => e.User()), time.GetUtcNow()));
        }

        return known.People;
    }

    // Each sign-in is answered by the write that holds it, so nothing is lost here: a failure is every waiting caller's.
    private async Task Write()
    {
        while (waiting.Count > 0)
        {
            var batch = waiting.Values.Take(MaxBatch).ToList();
            foreach (var (entry, _) in batch)
            {
                waiting.Remove(entry.Key);
            }

            try
            {
                // None, where the write before has stored what was told again meanwhile.
                List<SeenEntry> news = [.. batch.Select(b => b.Entry).Where(e => log.Find(e.Key) is not { } stored || e.Supersedes(stored))];
                if (news.Count > 0)
                {
                    await log.Commit(news);
                    current = null;
                }

                batch.ForEach(b => b.Stored.SetResult());
            }
            catch (Exception e)
            {
                batch.ForEach(b => b.Stored.SetException(e));
            }
        }

        writing = false;
    }
}
