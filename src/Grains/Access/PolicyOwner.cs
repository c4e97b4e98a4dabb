namespace EngageCenter.Access;

/// <summary>
/// The owner's part of access coherence: who may decide by a copy of a workspace's policy, for how long, and what a
/// change of it waits for. A state machine: what happened and how late it is go in, messages come out. It knows
/// neither the policy nor Orleans; a shell carries the messages, and a simulator can as well.
/// </summary>
/// <remarks>
/// <para>Times are durations since any fixed moment on one monotonic clock. Nothing compares clocks of two machines.</para>
/// <para>
/// Why a right that was revoked stops working: a change is written only when no lease is out, and a holder lets go of
/// a lease before its owner counts it as run out. Another activation of the same workspace takes over by a write to
/// the same row; from then on an older owner's commits fail, its confirmations fail, so it grants for <c>authority</c>
/// at most and its last lease has run out <c>authority + lease</c> after that write, before the new owner's first
/// change. Both are those of the older owner, whose row says so: settings may differ between silos. See docs/understand/coherence.md.
/// </para>
/// </remarks>
/// <typeparam name="THolder">A silo's policy cache.</typeparam>
/// <param name="lease">How long a holder may decide by a copy.</param>
/// <param name="authority">How long an owner may grant after storage last confirmed its term.</param>
internal sealed class PolicyOwner<THolder>(TimeSpan lease, TimeSpan authority)
    where THolder : notnull
{
    private readonly List<OwnerMessage<THolder>> messages = [];

    // How long after the next take-over something that this owner granted may be out.
    private readonly TimeSpan reach = authority + lease;

    // When each lease that is out has run out, by our count.
    private readonly Dictionary<THolder, TimeSpan> leases = [];

    // Who waits for us to have authority again, or for a change to be over.
    private readonly List<OwnerMessage<THolder>> waiting = [];

    private Phase phase = Phase.New;
    private bool reading;

    // Whether storage has confirmed a write of the term. Before that, what storage holds of it may be another owner's.
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

        /// <summary>A change waits until it may start: leases of an owner before us may be out.</summary>
        Waiting,

        /// <summary>Every lease is being taken back.</summary>
        Recalling,
        Writing,

        /// <summary>A change was not confirmed: no lease is out, nothing more is granted, and the record may say so.</summary>
        Settling,
        Ended,
    }

    /// <summary>The term of this owner; 0 before it has one.</summary>
    public long Term { get; private set; }

    /// <summary>Whether this owner does nothing any more.</summary>
    public bool HasEnded => phase == Phase.Ended;

    /// <summary>Whether a change waits for leases that are out to be given back, or to run out.</summary>
    public bool IsRecalling => phase == Phase.Recalling;

    /// <summary>Leases out, some perhaps run out already.</summary>
    public int LeasesOut => leases.Count;

    private bool Releasing { get; set; }

    /// <summary>When <see cref="Tick"/> has something to do, or null.</summary>
    public TimeSpan? NextTick => phase switch
    {
        Phase.Waiting => changeableFrom,
        Phase.Recalling => leases.Values.Min(),
        _ => null,
    };

    /// <summary>Rule 1. The activation has read its row: the term there, or null where there is no row and so no lease.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> Start(Tenure? read, TimeSpan now)
    {
        Expect(Phase.New);
        if (read is not { } tenure)
        {
            // Nobody owned it before, so nobody has a lease; the first change writes the first term. Another activation
            // may be about to do the same, so until then this one neither grants nor releases.
            Term = 1;
            phase = Phase.Owning;
            changeableFrom = now;
            authorityUntil = now;
            return Flush();
        }

        Term = tenure.Term + 1;
        phase = Phase.TakingOver;

        // An owner before us may have had longer terms. Until we have waited that long, whoever takes over from us has to as well.
        wait = tenure.Released ? reach : Longer(reach, tenure.Wait);
        changeableFrom = tenure.Released ? now : TimeSpan.MaxValue;
        messages.Add(new OwnerMessage<THolder>.Write(new(Term, Released: false, wait), IsChange: false));
        return Flush();
    }

    /// <summary>A write was confirmed. <paramref name="sent"/> is when it was sent: from then on the term was ours.</summary>
    public IReadOnlyList<OwnerMessage<THolder>> Written(TimeSpan sent, TimeSpan now)
    {
        isConfirmed = true;
        switch (phase)
        {
            case Phase.Ended:
                // It ended while the write was under way, and has said that its outcome is unknown.
                return Flush();
            case Phase.TakingOver:
                // Unless the owner before us let go in order, it may still grant, and what it granted may be out.
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
    /// A write failed, or nobody knows: the next activation reads the truth. After a change no lease is out, so that one
    /// need not wait: this owner reads what became of the write and releases. Should the write still be on its way, it
    /// and the release are for the same version, and only one of them happens.
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

    /// <summary>The row was read again after a change that was not confirmed: its term, or null where it could not be read.</summary>
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
    /// <param name="request">Answered by <c>Grant</c> or <c>Refuse</c> of the same number.</param>
    public IReadOnlyList<OwnerMessage<THolder>> LeaseAsked(THolder holder, long request, TimeSpan now)
    {
        // A holder asks once at a time: an older request that waits is one it has given up.
        if (waiting.Find(w => w is OwnerMessage<THolder>.Grant grant && grant.Holder.Equals(holder)) is OwnerMessage<THolder>.Grant older)
        {
            waiting.Remove(older);
            messages.Add(new OwnerMessage<THolder>.Refuse(older.Holder, older.Request));
        }

        waiting.Add(new OwnerMessage<THolder>.Grant(holder, request));
        Serve(now);
        return Flush();
    }

    /// <summary>Rule 2, for what the owner does itself: it needs fresh authority just as well.</summary>
    /// <param name="act">Answered by <c>Confirmed</c> or <c>Unconfirmed</c> of the same number.</param>
    public IReadOnlyList<OwnerMessage<THolder>> ConfirmAsked(long act, TimeSpan now)
    {
        waiting.Add(new OwnerMessage<THolder>.Confirmed(act));
        Serve(now);
        return Flush();
    }

    /// <summary>The row was read again: its term, or null where it could not be read.</summary>
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

    /// <summary>Rules 3 and 9. A change is asked for, one at a time; what it changes is the shell's to know.</summary>
    /// <param name="patience">How long its caller waits. A change that might have to wait longer is refused before it starts.</param>
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

    /// <summary>Rule 4. A holder answered a recall. Only the recall under way counts: what answers an earlier one says nothing of a lease granted since.</summary>
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
    /// Rule 5. The activation ends in order. An owner that may not change yet may not release either: leases of its
    /// predecessor may still be out, and the record has to go on saying so.
    /// </summary>
    public IReadOnlyList<OwnerMessage<THolder>> Stop(TimeSpan now)
    {
        if (phase is Phase.Settling or Phase.Ended)
        {
            // It releases already, and ends then.
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

    // What has run out by our count ran out earlier by its holder's.
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

    // Grants and confirms, if we may; else asks storage whether the term is still ours.
    private void Serve(TimeSpan now)
    {
        // While a write is under way nobody knows which policy is the current one: it may be stored, and another owner
        // may have shown it already. So acts wait for the outcome as well.
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
            // A lease that is granted now would have to be recalled at once; who asks gets the changed policy. While a
            // change only waits to start, leases go on: whoever checks does not wait with it.
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
