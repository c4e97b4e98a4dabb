namespace EngageCenter.Access.Simulation;

/// <summary>Faults, and races that are arranged on purpose.</summary>
internal sealed partial class Simulation
{
    private void Trouble(int kind, Silo silo)
    {
        switch (kind)
        {
            case 0 when !silo.IsDown:
                crashes++;
                Note(silo, "crashes");
                silo.IsDown = true;
                foreach (var person in persons.Where(p => p.Activation?.Silo == silo))
                {
                    person.Activation!.Over();
                }

                World.After(dice.Seconds(0.1, 20), null, () => silos[silo.Node] = NewSilo(silo.Node));
                break;
            case 1 when !silo.IsPaused && !silo.IsDown:
                pauses++;
                silo.PausedUntil = World.Now + (dice.Chance(0.5) ? dice.Seconds(0.5, 12) : dice.Seconds(25, 60));
                Note(silo, $"is paused until {silo.PausedUntil.TotalSeconds:F3}");
                break;
            case 2:
                CutOff(silo, dice.Pick(silos).Node);
                break;
            case 3:
                CutOff(silo, StoredRow<Row>.Node);
                break;
            case 4:
                var open = Open().ToList();
                if (open.Count > 0)
                {
                    dice.Pick(open).Stop();
                }

                break;
            case 5 when Open().Count() < MaxOwners:
                silo.View = NewOwner(silo);
                outside = dice.Chance(0.5) ? silo.View : outside;
                break;
            case 6 when dice.Chance(0.5):
                Narrow(dice.Pick(persons));
                break;
            case 6:
                dice.Pick(persons).Activation?.End();
                break;
            case 7:
                // Prefers the node with the workspace, where a fault matters most.
                var near = Open().Select(o => o.Silo.Node).ToList();
                var (to, until) = (near.Count > 0 && dice.Chance(0.7) ? dice.Pick(near) : dice.Below(Nodes), World.Now + dice.Seconds(10, 60));
                Note(silo, $"takes long to reach node {to}, until {until.TotalSeconds:F3}");
                World.Jam(silo.Node, to, until);
                if (dice.Chance(0.5))
                {
                    Note(silo, $"is late to hear from node {to}, too");
                    World.Jam(to, silo.Node, until);
                }

                break;
            default:
                Trouble(kind, dice.Pick(webs), silo);
                break;
        }
    }

    private void Trouble(int kind, WebNode web, Silo silo)
    {
        switch (kind)
        {
            case 8 when !web.IsDown:
                webFaults++;
                Note(web, "crashes");
                web.IsDown = true;
                World.After(dice.Seconds(0.1, 10), null, () => webs[web.Node - Nodes] = NewWeb(web.Node));
                break;
            case 9 when !web.IsPaused && !web.IsDown:
                webFaults++;
                web.PausedUntil = World.Now + dice.Seconds(0.5, 30);
                Note(web, $"is paused until {web.PausedUntil.TotalSeconds:F3}");
                break;
            case 10:
                webFaults++;
                if (dice.Chance(0.3))
                {
                    CutOff(silo, web.Node);
                    break;
                }

                // Recalls are delayed, or the answers to them, or both.
                var until = World.Now + dice.Seconds(10, 60);
                foreach (var slow in silos.Where(s => s == silo || dice.Chance(0.5)))
                {
                    Note(web, $"and {slow.Name} are late to hear from each other, until {until.TotalSeconds:F3}");
                    World.Jam(web.Node, slow.Node, until);
                    World.Jam(slow.Node, web.Node, until);
                }

                break;
            case 11:
                var person = dice.Pick(persons);
                AnswerLate(UserOf(person).Silo, web, usual.Lease, () => CheckAt(web, person, person.Tokens[^1]));
                break;
            case 12 when decisions.Count > 0:
                var owner = Route(null).Silo;
                AnswerLate(owner, silo, owner.Terms.Lease, () =>
                {
                    // Uses decisions of several epochs, because the silo may have any of them.
                    foreach (var newest in decisions.GroupBy(d => d.Epoch).TakeLast(3).Select(d => d.Last()).ToList())
                    {
                        ActElsewhere(newest, silo);
                    }
                });
                break;
            case 13:
                GrantLate(silo);
                break;
            default:
                break;
        }
    }

    // The following races rarely happen by chance.

    /// <summary>A person signs in with fewer groups, perhaps right after their activation ended, while web nodes have decisions by more groups.</summary>
    private void Narrow(Person person)
    {
        var before = person.Tokens[^1];
        var ends = dice.Chance(0.6);
        AskAgain(0, 1);
        World.After(dice.Seconds(1, 2), null, () =>
        {
            if (ends)
            {
                person.Activation?.End();
            }

            Issue(person, Bits(before.Groups) & dice.Below(1 << Groups));
            Check(person, person.Tokens[^1]);
            AskAgain(0, 6);
        });

        void AskAgain(double from, double to)
        {
            foreach (var web in webs)
            {
                for (var again = 0; again < 3; again++)
                {
                    World.After(dice.Seconds(from, to), null, () => CheckAt(webs[web.Node - Nodes], person, before));
                }
            }
        }
    }

    /// <summary>The answer to one recall is still on its way when the next recall is sent, and the next recall takes long.</summary>
    /// <param name="lender">The process that recalls.</param>
    /// <param name="lease">How long it lends.</param>
    /// <param name="use">Makes the holder ask for something again.</param>
    private void AnswerLate(Process lender, Process holder, TimeSpan lease, Action use)
    {
        var start = dice.Seconds(0.5, 1.5);
        Use(0, 0.5, 3);
        World.After(start, null, () =>
        {
            World.Hold(holder.Node, lender.Node, World.Now + TimeSpan.FromSeconds(2), lease.TotalSeconds + 2, lease.TotalSeconds + 7);
            Change(null);
        });

        // By then everything that was out has expired.
        var next = start + lease + dice.Seconds(0.2, 1);
        quietUntil = World.Now + next + lease;
        Use(next.TotalSeconds, next.TotalSeconds + 0.5, 3);
        World.After(next + TimeSpan.FromSeconds(1), null, () =>
        {
            World.Hold(lender.Node, holder.Node, World.Now + TimeSpan.FromSeconds(2), 6, 12);
            Change(null);
        });
        Use(next.TotalSeconds + 1, next.TotalSeconds + 10, 8);

        void Use(double from, double to, int times)
        {
            for (var time = 0; time < times; time++)
            {
                World.After(dice.Seconds(from, to), null, use);
            }
        }
    }

    /// <summary>A grant arrives after it has expired, and callers that came meanwhile wait for it together with the first one.</summary>
    private void GrantLate(Silo holder)
    {
        // After this change nobody has a lease. Then somebody decides, if possible on another silo.
        Change(null);
        quietUntil = World.Now + usual.Lease + TimeSpan.FromSeconds(6);
        foreach (var person in persons)
        {
            World.After(dice.Seconds(0.5, 1), null, () => Check(person, person.Tokens[^1]));
        }

        World.After(TimeSpan.FromSeconds(1.5), null, () =>
        {
            if (decisions.Count == 0)
            {
                return;
            }

            var decision = decisions[^1];
            World.Hold(Route(null).Silo.Node, holder.Node, World.Now + TimeSpan.FromSeconds(2), 12, 17);
            ActElsewhere(decision, holder);
            World.After(dice.Seconds(0.3, 0.8), null, () => Change(null));
            for (var time = 0; time < 8; time++)
            {
                World.After(usual.Lease + dice.Seconds(0.5, 5), null, () => ActElsewhere(decision, holder));
            }
        });
    }

    private void CutOff(Silo silo, int from)
    {
        if (silo.Node != from && !World.IsCut(silo.Node, from))
        {
            cuts++;
            var until = dice.Seconds(1, 45);
            Note(silo, $"is cut off from {(from < 0 ? "storage" : $"node {from}")} for {until.TotalSeconds:F3} s");
            World.Cut(silo.Node, from);
            World.After(until, null, () => World.Heal(silo.Node, from));
        }
    }
}
