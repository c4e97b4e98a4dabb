namespace EngageCenter.Access.Simulation;

/// <summary>The answer to a change.</summary>
internal sealed record ChangeReply(ChangeStatus Status);

/// <summary>The answer to an act: done, or decide again.</summary>
internal sealed record ActReply(bool Acted);

/// <summary>A user's decision as it is handed on.</summary>
/// <param name="Key">The key of its proof; 0 if somebody made it up.</param>
internal sealed record Decision(int Person, long Epoch, bool Allowed, long Key);

/// <summary>
/// An activation of the workspace: the shell around a <see cref="PolicyOwner{THolder}"/>, which behaves like
/// <see cref="PolicyOwnership{THolder}"/> and the workspace grain. It handles one command at a time, and leases and acts in between.
/// </summary>
internal sealed class OwnerActivation(Simulation simulation, Silo silo, int number)
{
    private const int TakeOverAttempts = 5;

    private readonly World world = simulation.World;
    private readonly StoredRow<Row> storage = simulation.Storage;
    private readonly List<(Action Run, Action Refuse)> inbox = [];
    private readonly Queue<(Action Run, Action Refuse)> commands = new();
    private readonly Dictionary<long, Action<bool>> asked = [];
    private PolicyOwner<Silo> machine = NewMachine(silo);
    private int attempts;
    private bool isActive;
    private bool isBusy;
    private long numbers;
    private long recall;
    private TimeSpan? ticking;

    private Row? state;
    private long version;

    // The key that proves decisions by this state.
    private long key;

    // The current change.
    private Policy? next;
    private Operation? change;
    private Action<ChangeReply>? acknowledge;

    // For a planted fault: the change was stored before its recalls.
    private Action? early;

    public Silo Silo => silo;

    /// <summary>Whether this activation accepts calls.</summary>
    public bool IsOpen { get; private set; } = true;

    private TimeSpan Reach => silo.Terms.Authority + silo.Terms.Lease;

    private bool MayHaveLeases => machine.LeasesOut > 0;

    public override string ToString() => $"owner{number}@{silo}";

    public void Activate()
    {
        attempts++;
        storage.Read(silo, (isRead, row, readVersion) =>
        {
            if (!IsOpen)
            {
                return;
            }

            if (!isRead)
            {
                End();
                return;
            }

            (state, version) = (row, readVersion);
            Note($"read {History.Text(row)}");
            Tenure? tenure = row?.Tenure;
            if (simulation.Fault == Fault.NewOwnerDoesNotWait && tenure is { } before)
            {
                tenure = before with { Released = true };
            }
            else if (simulation.Fault == Fault.NewOwnerWaitsItsOwnTerms)
            {
                tenure = tenure is { } longer ? longer with { Wait = TimeSpan.Zero } : null;
            }

            Carry(machine.Start(tenure, silo.Clock));
            if (row is null)
            {
                Open();
            }
        });
    }

    public void Lease(Silo holder, Action<LeaseReply> reply) => WhenActive(
        () =>
        {
            if (state is null)
            {
                storage.Read(silo, (isRead, row, _) => reply(new(isRead && row is null ? PolicyAnswerKind.NoWorkspace : PolicyAnswerKind.Unconfirmed)));
                if (!isBusy)
                {
                    End();
                }

                return;
            }

            Ask(n => machine.LeaseAsked(holder, n, silo.Clock), granted => reply(granted
                ? new(PolicyAnswerKind.Leased, state!.Policy, silo.Terms.Lease, key)
                : new(PolicyAnswerKind.Unconfirmed)));
        },
        () => reply(new(PolicyAnswerKind.Unconfirmed)));

    /// <summary>Rule 7, in the workspace itself.</summary>
    public void Act(Decision decision, Action<ActReply> reply) => WhenActive(
        () =>
        {
            var act = world.History.Begin(Kind.Act, ToString(), world.Now);
            (act.Person, act.Decided, act.MadeUp) = (decision.Person, decision.Epoch, decision.Key == 0);
            Accepts(decision, accepted =>
            {
                world.History.End(act, accepted ? decision.Epoch : null, world.Now);
                reply(new(accepted));
            });
        },
        () => reply(new(false)));

    /// <param name="decision">Checked by rule 7; null for a change of the contract, which needs none.</param>
    public void Change(Decision? decision, Func<Policy?, Policy> make, Action<ChangeReply> reply) => WhenActive(
        () =>
        {
            commands.Enqueue((Run, () => reply(new(ChangeStatus.Unknown))));
            NextCommand();

            void Run()
            {
                if (decision is null)
                {
                    Commit(null, make, reply);
                    return;
                }

                Accepts(decision, accepted =>
                {
                    if (accepted)
                    {
                        Commit(decision, make, reply);
                    }
                    else
                    {
                        Finish(new(ChangeStatus.Refused), reply);
                    }
                });
            }
        },
        () => reply(new(ChangeStatus.Unknown)));

    /// <summary>Rule 5: an orderly deactivation.</summary>
    public void Stop()
    {
        if (!IsOpen)
        {
            return;
        }

        Note("stops");
        if (!isActive || state is null)
        {
            End();
            return;
        }

        IsOpen = false;
        var (mayRelease, wait) = (change is null, MayHaveLeases ? silo.Terms.Lease : TimeSpan.Zero);
        Carry(machine.Stop(silo.Clock));
        if (machine.HasEnded && mayRelease && simulation.Fault == Fault.ReleaseTooEarly)
        {
            // Its own leases have expired by then, but those of an earlier owner may not have.
            world.After(wait, silo, () => storage.Write(silo, state with { Tenure = new(machine.Term, Released: true, Reach) }, version, _ => { }));
        }
    }

    private static PolicyOwner<Silo> NewMachine(Silo silo) => new(silo.Terms.Lease, silo.Terms.Authority);

    private void WhenActive(Action run, Action refuse)
    {
        if (!IsOpen)
        {
            refuse();
        }
        else if (isActive)
        {
            run();
        }
        else
        {
            inbox.Add((run, refuse));
        }
    }

    private void Open()
    {
        isActive = true;
        Note($"owns with term {machine.Term}");
        foreach (var (run, _) in inbox.ToList())
        {
            run();
        }

        inbox.Clear();
    }

    private void End()
    {
        IsOpen = false;
        foreach (var (_, refuse) in inbox.Concat(commands).ToList())
        {
            refuse();
        }

        inbox.Clear();
        commands.Clear();
    }

    private void Accepts(Decision decision, Action<bool> then)
    {
        if (state is null || decision.Epoch != state.Policy.Epoch)
        {
            then(false);
            return;
        }

        simulation.Hold(decision, key, silo, holds =>
        {
            if (holds)
            {
                Ask(n => machine.ConfirmAsked(n, silo.Clock), confirmed => then(confirmed && decision.Epoch == state!.Policy.Epoch));
            }
            else
            {
                then(false);
            }
        });
    }

    private void NextCommand()
    {
        if (!isBusy && commands.TryDequeue(out var command))
        {
            isBusy = true;
            command.Run();
        }
    }

    private void Commit(Decision? decision, Func<Policy?, Policy> make, Action<ChangeReply> reply)
    {
        next = make(state?.Policy);
        change = world.History.Begin(Kind.Change, ToString(), world.Now);
        (change.Made, change.Decided, acknowledge) = (next, decision?.Epoch, reply);
        Note($"{change}: epoch {next.Epoch} with groups {History.Bits(next.Groups)}, contacts {History.Bits(next.Contacts)}", change.Number);
        Carry(machine.ChangeAsked(Simulation.Patience, silo.Clock));
    }

    private void Finish(ChangeReply answer, Action<ChangeReply> reply)
    {
        (next, change, acknowledge, isBusy) = (null, null, null, false);
        reply(answer);
        if (IsOpen)
        {
            NextCommand();
        }
    }

    private void Changed(ChangeStatus status)
    {
        if (change is { } made)
        {
            world.History.End(made, status == ChangeStatus.Changed ? made.Made!.Epoch : null, world.Now);
            Finish(new(status), acknowledge!);
        }
    }

    private void Ask(Func<long, IReadOnlyList<OwnerMessage<Silo>>> ask, Action<bool> then)
    {
        var mine = ++numbers;
        asked.Add(mine, then);
        Carry(ask(mine));
    }

    private void Answer(long mine, bool answer)
    {
        if (asked.Remove(mine, out var then))
        {
            world.Soon(silo, () => then(answer));
        }
    }

    private void Carry(IReadOnlyList<OwnerMessage<Silo>> messages)
    {
        if (change is not null && messages.Any(m => m is OwnerMessage<Silo>.Recall))
        {
            change.Leases = machine.LeasesOut;
            if (simulation.Fault == Fault.CommitBeforeRecall)
            {
                CommitFirst(change, messages);
                return;
            }
        }

        CarryAll(messages);
    }

    private void CarryAll(IReadOnlyList<OwnerMessage<Silo>> messages)
    {
        foreach (var message in messages)
        {
            Carry(message);
        }

        if (machine.NextTick is { } due && due != ticking)
        {
            ticking = due;
            var ticked = machine;
            world.After(due > silo.Clock ? due - silo.Clock : TimeSpan.Zero, silo, () =>
            {
                ticking = null;
                Carry(ticked.Tick(silo.Clock));
            });
        }
    }

    private void Carry(OwnerMessage<Silo> message)
    {
        switch (message)
        {
            case OwnerMessage<Silo>.Write write:
                Write(write);
                break;
            case OwnerMessage<Silo>.Read when simulation.Fault == Fault.GrantWithoutAuthority:
                Carry(machine.TermRead(machine.Term, silo.Clock, silo.Clock));
                break;
            case OwnerMessage<Silo>.Read:
                var (asking, sent) = (machine, silo.Clock);
                storage.Read(silo, (isRead, row, _) => Carry(asking.TermRead(isRead ? row?.Tenure.Term ?? 0 : null, sent, silo.Clock)));
                break;
            case OwnerMessage<Silo>.Reload:
                storage.Read(silo, Reloaded);
                break;
            case OwnerMessage<Silo>.Recall recalled:
                Recall(recalled);
                break;
            case OwnerMessage<Silo>.Grant grant:
                Note($"leases epoch {state!.Policy.Epoch} to {grant.Holder}");
                Answer(grant.Request, true);
                break;
            case OwnerMessage<Silo>.Refuse refuse:
                Answer(refuse.Request, false);
                break;
            case OwnerMessage<Silo>.Confirmed confirmed:
                Answer(confirmed.Act, true);
                break;
            case OwnerMessage<Silo>.Unconfirmed unconfirmed:
                Answer(unconfirmed.Act, false);
                break;
            case OwnerMessage<Silo>.Changed:
                Changed(ChangeStatus.Changed);
                break;
            case OwnerMessage<Silo>.ChangeRefused:
                Changed(ChangeStatus.Refused);
                break;
            case OwnerMessage<Silo>.ChangeFailed:
                Note($"{change} is not confirmed");
                Changed(ChangeStatus.Unknown);
                break;
            case OwnerMessage<Silo>.Ended:
                Ended();
                break;
            default:
                throw new InvalidOperationException($"No way to carry {message}.");
        }
    }

    private void Ended()
    {
        Note("ends");
        if (isActive)
        {
            End();
        }
        else if (attempts == TakeOverAttempts)
        {
            End();
        }
        else if (IsOpen)
        {
            machine = NewMachine(silo);
            Activate();
        }
    }

    private void Write(OwnerMessage<Silo>.Write write)
    {
        if (early is not null)
        {
            var stored = early;
            early = null;
            stored();
            return;
        }

        if (write.IsChange && change is not null)
        {
            change.Writes++;
        }

        var (writing, sent, written) = (machine, silo.Clock, new Row(write.Tenure, write.IsChange ? next! : state!.Policy));
        Note($"writes {History.Text(written)}");
        storage.Write(silo, written, version, stored =>
        {
            if (stored is not { } at)
            {
                Note($"a write was not confirmed: {History.Text(written)}");
                Carry(writing.WriteFailed());
                return;
            }

            (state, version, key) = (written, at, simulation.NewKey());
            Carry(writing.Written(sent, silo.Clock));
            if (!isActive && !writing.HasEnded)
            {
                Open();
            }
        });
    }

    private void Reloaded(bool isRead, Row? row, long readVersion)
    {
        if (isRead)
        {
            (state, version, key) = (row, readVersion, simulation.NewKey());
        }

        Note(isRead ? $"read again {History.Text(row)}" : "could not read again");
        Carry(machine.Reloaded(isRead ? row?.Tenure.Term ?? 0 : null));
    }

    private void Recall(OwnerMessage<Silo>.Recall recalled)
    {
        recall = recalled.Number;
        if (change is not null)
        {
            change.Recalls++;
        }

        Note($"recalls {recalled.Holder}");
        world.Call<ActReply>(
            silo,
            recalled.Holder,
            reply => recalled.Holder.Recall(() => reply(new(true))),
            answer =>
            {
                if (answer is not null)
                {
                    Carry(machine.RecallAnswered(recalled.Holder, simulation.Fault == Fault.LateRecallAnswerCounts ? recall : recalled.Number, silo.Clock));
                }
            });
        if (simulation.Fault == Fault.SilentHolderIgnored)
        {
            world.Soon(silo, () => Carry(machine.RecallAnswered(recalled.Holder, recalled.Number, silo.Clock)));
        }
    }

    // Stores the change first, lets the machine recall only then, and gives it the result when it wants to write.
    private void CommitFirst(Operation changing, IReadOnlyList<OwnerMessage<Silo>> recalls)
    {
        var (sent, written) = (silo.Clock, new Row(new(machine.Term, false, Reach), next!));
        storage.Write(silo, written, version, stored =>
        {
            if (stored is { } at)
            {
                (state, version, key) = (written, at, simulation.NewKey());
                early = () => Carry(machine.Written(sent, silo.Clock));
            }
            else
            {
                early = () => Carry(machine.WriteFailed());
            }

            if (change == changing)
            {
                CarryAll(recalls);
            }
        });
    }

    private void Note(string what, int operation = 0) => world.History.Notes?.Note(world.Now, ToString(), what, operation);
}
