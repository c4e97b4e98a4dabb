using Microsoft.Extensions.Logging;

namespace EngageCenter.Access;

/// <summary>What a <see cref="PolicyOwnership{THolder}"/> needs from its grain.</summary>
internal interface IPolicyRow
{
    /// <summary>Stores the present policy with a tenure, if the row still has the version that was last read or written.</summary>
    Task Write(Tenure tenure);

    /// <summary>Reads the term from storage.</summary>
    Task<long> ReadTerm();

    /// <summary>Reads the row from storage, so that the next write is on that version. Returns its term.</summary>
    Task<long> Reload();

    /// <summary>Ends the activation, because another one may own the policy now.</summary>
    void End();
}

internal enum ChangeStatus
{
    Changed,

    /// <summary>The change was refused before it started: it might have had to wait longer than its caller.</summary>
    Refused,

    /// <summary>The change may or may not have been stored.</summary>
    Unknown,
}

/// <summary>
/// The shell around <see cref="PolicyOwner{THolder}"/>: carries its messages to storage and to the holders, within the turns
/// of the owning grain. It makes no decisions.
/// </summary>
/// <param name="key">The key of the owning grain, for the log.</param>
/// <param name="takeBack">Recalls a holder's lease; completes when the holder has let go.</param>
internal sealed class PolicyOwnership<THolder>(
    string key, IPolicyRow policy, Func<THolder, Task> takeBack, AccessOptions options, AccessMetrics metrics, TimeProvider time, ILogger logger)
    where THolder : class
{
    private readonly PolicyOwner<THolder> owner = new(options.Lease, options.Authority);
    private readonly long origin = time.GetTimestamp();

    // Lease requests and acts that wait for an answer of the owner, by number.
    private readonly Dictionary<long, TaskCompletionSource<bool>> asked = [];
    private (TaskCompletionSource<(ChangeStatus Status, TimeSpan RetryAfter)> Outcome, Func<Tenure, Task> Store)? change;
    private TaskCompletionSource? ended;
    private long numbers;
    private Exception? fault;

    private TimeSpan Now => time.GetElapsedTime(origin);

    /// <summary>Why the ownership ended, if storage was the cause.</summary>
    public Exception? Fault => fault;

    /// <summary>Rule 1. Takes over from the previous owner of the policy. Completes when storage has confirmed it.</summary>
    /// <param name="read">The tenure in storage; null if there is no row.</param>
    /// <returns>Whether this activation is the owner now. If not, another one took over at the same time, or storage failed.</returns>
    public async Task<bool> TakeOver(Tenure? read)
    {
        ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await Carry(owner.Start(read, Now));
        if (read is not null && !owner.HasEnded)
        {
            metrics.TookOver();
        }

        return !owner.HasEnded;
    }

    /// <summary>Leases the policy to a silo. Returns false if it cannot be leased now.</summary>
    public Task<bool> Lease(THolder holder) => Ask(number => owner.LeaseAsked(holder, number, Now));

    /// <summary>Whether this activation still owns the policy, so that it may act itself.</summary>
    public Task<bool> Confirm() => Ask(number => owner.ConfirmAsked(number, Now));

    /// <summary>Makes a change: waits until no silo decides by the policy, and then stores the changed one.</summary>
    /// <param name="store">Stores the changed policy with a tenure, under the same condition as <see cref="IPolicyRow.Write"/>.</param>
    public async Task<(ChangeStatus Status, TimeSpan RetryAfter)> Change(Func<Tenure, Task> store)
    {
        var outcome = new TaskCompletionSource<(ChangeStatus Status, TimeSpan RetryAfter)>(TaskCreationOptions.RunContinuationsAsynchronously);
        change = (outcome, store);
        var started = Now;
        _ = Carry(owner.ChangeAsked(options.Patience, started));
        await TickUntil(outcome.Task);
        change = null;
        if ((await outcome.Task).Status == ChangeStatus.Unknown)
        {
            // The caller gets the answer only after the activation has begun to end, so that the next call reaches the next activation.
            await ended!.Task;
        }

        return await outcome.Task;
    }

    /// <summary>Rule 5. Lets go in order, so that the next owner need not wait.</summary>
    public async Task Release()
    {
        var over = ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (owner.HasEnded)
        {
            return;
        }

        _ = Carry(owner.Stop(Now));
        await TickUntil(over.Task);
    }

    private async Task TickUntil(Task done)
    {
        while (!done.IsCompleted)
        {
            if (owner.NextTick is { } next)
            {
                using var cancel = new CancellationTokenSource();
                // Waits until a lease that nobody gives back expires. The wait ends early when the change is done.
                var due = next - Now;
                var delay = Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero, time, cancel.Token);
                if (await Task.WhenAny(done, delay) == delay)
                {
                    var (wasRecalling, before) = (owner.IsRecalling, owner.LeasesOut);
                    _ = Carry(owner.Tick(Now));
                    if (wasRecalling)
                    {
                        metrics.SilentHolders(before - owner.LeasesOut);
                    }
                }

                await cancel.CancelAsync();
            }
            else
            {
                await done;
            }
        }
    }

    private async Task<bool> Ask(Func<long, IReadOnlyList<OwnerMessage<THolder>>> ask)
    {
        var number = ++numbers;
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked.Add(number, answer);
        _ = Carry(ask(number));
        return await answer.Task;
    }

    // Completes when everything that it started has completed. Failures are reported to the owner, so this never throws.
    private Task Carry(IReadOnlyList<OwnerMessage<THolder>> messages)
    {
        List<Task>? started = null;
        foreach (var message in messages)
        {
            switch (message)
            {
                case OwnerMessage<THolder>.Write write:
                    (started ??= []).Add(Write(write));
                    break;
                case OwnerMessage<THolder>.Read:
                    (started ??= []).Add(Read());
                    break;
                case OwnerMessage<THolder>.Reload:
                    (started ??= []).Add(Reload());
                    break;
                case OwnerMessage<THolder>.Recall recall:
                    (started ??= []).Add(Recall(recall));
                    break;
                case OwnerMessage<THolder>.Grant grant:
                    Answer(grant.Request, true);
                    break;
                case OwnerMessage<THolder>.Refuse refuse:
                    Answer(refuse.Request, false);
                    break;
                case OwnerMessage<THolder>.Confirmed confirmed:
                    Answer(confirmed.Act, true);
                    break;
                case OwnerMessage<THolder>.Unconfirmed unconfirmed:
                    Answer(unconfirmed.Act, false);
                    break;
                case OwnerMessage<THolder>.Changed:
                    change?.Outcome.TrySetResult((ChangeStatus.Changed, TimeSpan.Zero));
                    break;
                case OwnerMessage<THolder>.ChangeRefused refused:
                    change?.Outcome.TrySetResult((ChangeStatus.Refused, refused.RetryAfter));
                    break;
                case OwnerMessage<THolder>.ChangeFailed:
                    change?.Outcome.TrySetResult((ChangeStatus.Unknown, TimeSpan.Zero));
                    break;
                case OwnerMessage<THolder>.Ended:
                    ended?.TrySetResult();
                    policy.End();
                    break;
                default:
                    throw new InvalidOperationException($"No way to carry {message}.");
            }
        }

        return started is null ? Task.CompletedTask : Task.WhenAll(started);
    }

    private void Answer(long number, bool answer)
    {
        if (asked.Remove(number, out var waiting))
        {
            waiting.SetResult(answer);
        }
    }

    private async Task Write(OwnerMessage<THolder>.Write write)
    {
        var sent = Now;
        try
        {
            await (write.IsChange ? change!.Value.Store(write.Tenure) : policy.Write(write.Tenure));
        }
        catch (Exception e)
        {
            fault ??= e;
            OwnershipLog.NotWritten(logger, key, e);
            await Carry(owner.WriteFailed());
            return;
        }

        await Carry(owner.Written(sent, Now));
    }

    private async Task Read()
    {
        var sent = Now;
        long? term = null;
        try
        {
            term = await policy.ReadTerm();
            if (term != owner.Term)
            {
                metrics.LostAuthority();
            }
        }
        catch (Exception e)
        {
            OwnershipLog.NotConfirmed(logger, key, e);
        }

        await Carry(owner.TermRead(term, sent, Now));
    }

    private async Task Reload()
    {
        long? term = null;
        try
        {
            term = await policy.Reload();
        }
        catch (Exception e)
        {
            OwnershipLog.NotConfirmed(logger, key, e);
        }

        await Carry(owner.Reloaded(term));
    }

    private async Task Recall(OwnerMessage<THolder>.Recall recall)
    {
        var sent = Now;
        metrics.Recalling();
        try
        {
            await takeBack(recall.Holder);
        }
        catch (Exception e)
        {
            // The holder may decide until its lease expires; the change waits for that.
            OwnershipLog.Silent(logger, key, e);
            return;
        }

        metrics.Recalled(Now - sent);
        await Carry(owner.RecallAnswered(recall.Holder, recall.Number, Now));
    }
}

internal static partial class OwnershipLog
{
    [LoggerMessage(LogLevel.Warning, "A change of {Key} was not confirmed to be stored; the activation ends")]
    public static partial void NotWritten(ILogger logger, string key, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Whether this activation still owns {Key} could not be read")]
    public static partial void NotConfirmed(ILogger logger, string key, Exception exception);

    [LoggerMessage(LogLevel.Information, "A holder did not answer the recall of {Key}")]
    public static partial void Silent(ILogger logger, string key, Exception exception);
}
