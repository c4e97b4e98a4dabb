namespace EngageCenter.Access;

/// <summary>
/// The owner's part of access coherence: who may decide by a copy of a workspace's policy, for how long, and what a change
/// waits for. It is a state machine: each method takes an event and the time, and returns messages. It knows neither the
/// policy nor Orleans. A shell carries the messages; the simulator has a shell of its own.
/// </summary>
/// <remarks>
/// <para>Times are durations since a fixed moment on one monotonic clock. Clocks of two machines are never compared.</para>
/// <para>
/// Why a revoked right stops working: a change is written only when no lease is out, and a holder lets go of a lease before
/// its owner counts it as expired. Another activation of the same workspace takes over by a write to the same row. From then
/// on an older owner's commits and confirmations fail. So it can grant for at most <c>authority</c> after that write, and its
/// last lease has expired at most <c>authority + lease</c> after it. The new owner makes its first change later than that.
/// Both durations are the older owner's and are in its row, because settings may differ between silos. See
/// docs/understand/coherence.md.
/// </para>
/// </remarks>
/// <typeparam name="THolder">A silo's policy cache.</typeparam>
/// <param name="lease">How long a holder may decide by a copy.</param>
/// <param name="authority">How long an owner may grant after storage last confirmed its term.</param>
internal sealed class PolicyOwner<THolder>(TimeSpan lease, TimeSpan authority)
    where THolder : notnull
{
    private readonly List<OwnerMessage<THolder>> messages = [];

    // How long after the next take-over a lease from this owner may still be out.
    private readonly TimeSpan reach = authority + lease;

    // The leases that are out, each with the time when it has expired by our count.
    private readonly Dictionary<THolder, TimeSpan> leases = [];

    // Requests that wait until this owner has authority again, or until a change is over.
    private readonly List<OwnerMessage<THolder>> waiting = [];

    private Phase phase = Phase.New;
    private bool reading;

    // Whether storage has confirmed a write of our term. Before that, the term in storage may belong to another owner.
    private bool isConfirmed;
    private long recall;
    private TimeSpan authorityUntil;
    private TimeSpan changeableFrom;
    private TimeSpan wait;

    private enum Phase
    {
        New,
        TakingOver,
        Owning,

        /// <summary>A change waits before it starts, because leases of an earlier owner may be out.</summary>
        Waiting,

        /// <summary>All leases are being recalled.</summary>
        Recalling,
        Writing,

        /// <summary>A change was not confirmed. No lease is out and nothing more is granted; the owner reads the row to mark it released.</summary>
        Settling,
        Ended,
    }

    /// <summary>The term of this owner; 0 before it has one.</summary>
    public long Term { get; private set; }

    /// <summary>Whether this owner has ended and does nothing more.</summary>
    public bool HasEnded => phase == Phase.Ended;

    /// <summary>Whether a change waits until all leases are given back or have expired.</summary>
    public bool IsRecalling => phase == Phase.Recalling;

    /// <summary>The number of leases that are out. Some may have expired already.</summary>
    public int LeasesOut => leases.Count;

    private bool Releasing { get; set; }

    /// <summary>When <see cref="Tick"/> has to be called next; null for never.</summary>
    public TimeSpan? NextTick => phase switch
    {
        Phase.Waiting => changeableFrom,
        Phase.Recalling => leases.Values.Min(),
        _ => null,
    };

    /// <summary>Rule 1. The activation has read its row. Without a row (null), nobody can have a lease.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> Start(Tenure? read, TimeSpan now)
    {
        Expect(Phase.New);
        if (read is not { } tenure)
        {
            // Nobody owned the workspace before, so no lease is out; the first change writes the first term. Another activation
            // may be about to do the same, so until then this one neither grants nor releases.
            Term = 1;
            phase = Phase.Owning;
            changeableFrom = now;
            authorityUntil = now;
            return Flush();
        }

        Term = tenure.Term + 1;
        phase = Phase.TakingOver;

        // An earlier owner may have had longer settings. Until we have waited that long, the next owner has to wait as long too.
        wait = tenure.Released ? reach : Longer(reach, tenure.Wait);
        changeableFrom = tenure.Released ? now : TimeSpan.MaxValue;
        messages.Add(new OwnerMessage<THolder>.Write(new(Term, Released: false, wait), IsChange: false));
        return Flush();
    }

    /// <summary>A write was confirmed. <paramref name="sent"/> is when it was sent; the term has been ours at least since then.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> Written(TimeSpan sent, TimeSpan now)
    {
        isConfirmed = true;
        switch (phase)
        {
            case Phase.Ended:
                // The owner ended while the write was running, and has already answered that its outcome is unknown.
                return Flush();
            case Phase.TakingOver:
                // Unless the previous owner released, it may still grant, and its leases may be out.
                changeableFrom = changeableFrom == TimeSpan.MaxValue ? now + wait : changeableFrom;
                phase = Phase.Owning;
                break;
            case Phase.Writing or Phase.Settling when Releasing:
                End();
                return Flush();
            case Phase.Writing:
                phase = Phase.Owning;
                messages.Add(new OwnerMessage<THolder>.Changed());
                break;
            default:
                throw Unexpected();
        }

        authorityUntil = sent + authority;
        Serve(now);
        return Flush();
    }

    /// <summary>
    /// A write failed, or its outcome is unknown. The next activation reads the stored state. If the write was a change, no lease
    /// is out, so the next activation need not wait: this owner reads the row and marks it released. If the write is still on its
    /// way, it and the release expect the same version, so only one of them can succeed.
    /// </summary>
    public IReadOnlyList<OwnerMessage<THolder>> WriteFailed()
    {
        if (phase == Phase.Writing && !Releasing && isConfirmed)
        {
            phase = Phase.Settling;
            Refuse();
            messages.Add(new OwnerMessage<THolder>.ChangeFailed());
            messages.Add(new OwnerMessage<THolder>.Reload());
        }
        else if (phase != Phase.Ended)
        {
            End();
        }

        return Flush();
    }

    /// <summary>The row was read again after a change that was not confirmed. Null if it could not be read.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> Reloaded(long? term)
    {
        if (phase != Phase.Settling)
        {
            return Flush();
        }

        if (term == Term)
        {
            Releasing = true;
            messages.Add(new OwnerMessage<THolder>.Write(new(Term, Released: true, reach), IsChange: false));
        }
        else
        {
            End();
        }

        return Flush();
    }

    /// <summary>Rule 2. A holder asks for a lease.</summary>
    /// <param name="request">The number of the request; it is answered by <c>Grant</c> or <c>Refuse</c> with the same number.</param>
    public IReadOnlyList<OwnerMessage<THolder>> LeaseAsked(THolder holder, long request, TimeSpan now)
    {
        // A holder has one open request at a time: it has given up an older one that still waits.
        if (waiting.Find(w => w is OwnerMessage<THolder>.Grant grant && grant.Holder.Equals(holder)) is OwnerMessage<THolder>.Grant older)
        {
            waiting.Remove(older);
            messages.Add(new OwnerMessage<THolder>.Refuse(older.Holder, older.Request));
        }

        waiting.Add(new OwnerMessage<THolder>.Grant(holder, request));
        Serve(now);
        return Flush();
    }

    /// <summary>Rule 2. The owner itself is about to answer or act, which needs authority too.</summary>
    /// <param name="act">The number of the act; it is answered by <c>Confirmed</c> or <c>Unconfirmed</c> with the same number.</param>
    public IReadOnlyList<OwnerMessage<THolder>> ConfirmAsked(long act, TimeSpan now)
    {
        waiting.Add(new OwnerMessage<THolder>.Confirmed(act));
        Serve(now);
        return Flush();
    }

    /// <summary>The term was read again. Null if it could not be read.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> TermRead(long? term, TimeSpan sent, TimeSpan now)
    {
        reading = false;
        if (phase is Phase.Settling or Phase.Ended)
        {
            return Flush();
        }

        if (term is null)
        {
            Refuse();
        }
        else if (term != Term || !isConfirmed)
        {
            End();
        }
        else
        {
            authorityUntil = Longer(sent + authority, authorityUntil);
            Serve(now);
        }

        return Flush();
    }

    /// <summary>Rules 3 and 9. A change is asked for. There is one at a time; the shell knows what it changes.</summary>
    /// <param name="patience">How long the caller waits. A change that might have to wait longer is refused before it starts.</param>
    public IReadOnlyList<OwnerMessage<THolder>> ChangeAsked(TimeSpan patience, TimeSpan now)
    {
        if (phase is Phase.Settling or Phase.Ended || Releasing)
        {
            messages.Add(new OwnerMessage<THolder>.ChangeRefused(TimeSpan.Zero));
            return Flush();
        }

        Expect(Phase.Owning);
        var wait = Longer(changeableFrom - now, TimeSpan.Zero) + lease;
        if (wait > patience)
        {
            messages.Add(new OwnerMessage<THolder>.ChangeRefused(wait - patience));
            return Flush();
        }

        phase = Phase.Waiting;
        Advance(now);
        return Flush();
    }

    /// <summary>Rule 4. A holder answered a recall. Only an answer to the current recall counts: a late answer to an earlier one says nothing about a lease granted since.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> RecallAnswered(THolder holder, long number, TimeSpan now)
    {
        if (phase == Phase.Recalling && number == recall && leases.Remove(holder))
        {
            Advance(now);
        }

        return Flush();
    }

    /// <summary>Time has passed.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> Tick(TimeSpan now)
    {
        Advance(now);
        return Flush();
    }

    /// <summary>
    /// Rule 5. The activation ends in order. An owner that may not change yet may not release either: leases of an earlier owner
    /// may still be out, and the row must keep the next owner waiting for them.
    /// </summary>
    public IReadOnlyList<OwnerMessage<THolder>> Stop(TimeSpan now)
    {
        if (phase is Phase.Settling or Phase.Ended)
        {
            // It is releasing already and ends after that.
            return Flush();
        }

        if (phase != Phase.Owning || now < changeableFrom || !isConfirmed)
        {
            End();
            return Flush();
        }

        Releasing = true;
        Refuse();
        phase = Phase.Waiting;
        Advance(now);
        return Flush();
    }

    private void Advance(TimeSpan now)
    {
        if (phase == Phase.Waiting && now >= changeableFrom)
        {
            phase = Phase.Recalling;
            recall++;
            Forget(now);
            foreach (var holder in leases.Keys)
            {
                messages.Add(new OwnerMessage<THolder>.Recall(holder, recall));
            }
        }

        if (phase == Phase.Recalling)
        {
            Forget(now);

            if (leases.Count == 0)
            {
                phase = Phase.Writing;
                messages.Add(new OwnerMessage<THolder>.Write(new(Term, Releasing, reach), IsChange: !Releasing));
            }
        }
    }

    // A lease that has expired by our count expired earlier at its holder.
    private void Forget(TimeSpan now)
    {
        foreach (var (holder, expires) in leases)
        {
            if (now >= expires)
            {
                leases.Remove(holder);
            }
        }
    }

    // Grants and confirms if this owner has authority; otherwise asks storage whether the term is still ours.
    private void Serve(TimeSpan now)
    {
        // While a write is running, it is unknown which policy is current: the new one may be stored, and another owner may
        // have given it out already. So acts wait for the outcome as well.
        if (waiting.Count == 0 || phase is Phase.New or Phase.TakingOver or Phase.Writing)
        {
            return;
        }

        if (phase is Phase.Settling or Phase.Ended)
        {
            Refuse();
            return;
        }

        if (now >= authorityUntil)
        {
            if (!reading)
            {
                reading = true;
                messages.Add(new OwnerMessage<THolder>.Read());
            }

            return;
        }

        foreach (var served in waiting.ToList())
        {
            // A lease granted now would have to be recalled at once, so the holder waits and gets the changed policy. While a
            // change only waits to start, leases are still granted, so that checks do not wait with it.
            if (served is OwnerMessage<THolder>.Grant grant)
            {
                if (phase == Phase.Recalling)
                {
                    continue;
                }

                leases[grant.Holder] = now + lease;
            }

            waiting.Remove(served);
            messages.Add(served);
        }
    }

    private void Refuse()
    {
        foreach (var refused in waiting)
        {
            messages.Add(refused switch
            {
                OwnerMessage<THolder>.Grant grant => new OwnerMessage<THolder>.Refuse(grant.Holder, grant.Request),
                OwnerMessage<THolder>.Confirmed act => new OwnerMessage<THolder>.Unconfirmed(act.Act),
                _ => throw Unexpected(),
            });
        }

        waiting.Clear();
    }

    private void End()
    {
        var changing = phase is Phase.Waiting or Phase.Recalling or Phase.Writing && !Releasing;
        phase = Phase.Ended;
        Refuse();
        if (changing)
        {
            messages.Add(new OwnerMessage<THolder>.ChangeFailed());
        }

        messages.Add(new OwnerMessage<THolder>.Ended());
    }

    private OwnerMessage<THolder>[] Flush()
    {
        OwnerMessage<THolder>[] sent = [.. messages];
        messages.Clear();
        return sent;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private void Expect(Phase expected)
    {
        if (phase != expected)
        {
            throw Unexpected();
        }
    }

    private InvalidOperationException Unexpected() => new($"Not in phase {phase}.");
}
