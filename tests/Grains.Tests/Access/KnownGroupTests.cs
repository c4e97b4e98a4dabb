using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// A group and the set of known ids, where activations are duplicated and crash, writes conflict or lose their answer, and
/// messages are lost or come late: while the group's row has a workspace, the set has the group. The records are the real
/// ones; the shell around them does as <see cref="GroupGrain"/> does, or wrongly on purpose.
/// </summary>
public class KnownGroupTests
{
    private const int Seeds = 2_000;
    private const int Steps = 200;

    public enum Fault
    {
        None,

        /// <summary>A removal takes the id out whatever came since.</summary>
        RemovalWithoutVersion,

        /// <summary>The group's row is stored before the set has the group.</summary>
        RowBeforeSet,

        /// <summary>The set is told that the last workspace goes before the row is stored.</summary>
        RemovalBeforeRow,

        /// <summary>A group that had no workspace is not said again by an activation that said it before.</summary>
        SaidOnce,

        /// <summary>A full set takes an id out by the version that it has there, though the group's row was not written.</summary>
        CleanedWithoutRow,

        /// <summary>A full set takes an id out whatever version came while it asked.</summary>
        CleanedWithoutVersion,
    }

    [Fact]
    public void A_group_with_workspaces_is_always_known() =>
        Assert.DoesNotContain(Enumerable.Range(1, Seeds), seed => new Run(seed, Fault.None).Misses());

    [Theory]
    [InlineData(Fault.RemovalWithoutVersion)]
    [InlineData(Fault.RowBeforeSet)]
    [InlineData(Fault.RemovalBeforeRow)]
    [InlineData(Fault.SaidOnce)]
    [InlineData(Fault.CleanedWithoutRow)]
    [InlineData(Fault.CleanedWithoutVersion)]
    public void What_is_built_wrongly_is_found(Fault fault) =>
        Assert.Contains(Enumerable.Range(1, Seeds), seed => new Run(seed, fault).Misses());

    private sealed class Activation(WorkspaceIndex state, long etag)
    {
        public WorkspaceIndex State { get; set; } = state;

        public long ETag { get; set; } = etag;

        public bool IsKnown { get; set; }

        /// <summary>What is to be stored now that the set has the group; nothing else happens in the activation before that.</summary>
        public WorkspaceIndex? Granting { get; set; }
    }

    private sealed class Run(int seed, Fault fault)
    {
        private static readonly Guid group = Guid.NewGuid();
        private readonly Random dice = new(seed);
        private readonly List<Activation> activations = [];

        // Messages to the set that nobody waits for any more.
        private readonly List<Func<StoredIds, StoredIds>> late = [];
        private WorkspaceIndex row = WorkspaceIndex.Empty;
        private StoredIds set = new();
        private long etag;
        private long epoch;

        /// <summary>Whether there was a moment in which the group had a workspace and was not known.</summary>
        public bool Misses()
        {
            for (var step = 0; step < Steps; step++)
            {
                Step();
                if (!row.Entries.IsEmpty && !set.Entries.ContainsKey(group))
                {
                    return true;
                }
            }

            return false;
        }

        private void Step()
        {
            var active = activations.Count == 0 || (activations.Count < 3 && dice.Next(10) == 0) ? Activate() : activations[dice.Next(activations.Count)];
            if (active.Granting is { } granting)
            {
                active.Granting = null;
                Commit(active, granting);
                return;
            }

            switch (dice.Next(12))
            {
                case < 4:
                    Grant(active, $"w{dice.Next(2)}");
                    break;
                case < 8:
                    Revoke(active, $"w{dice.Next(2)}");
                    break;
                case 8 when active.State.Entries.IsEmpty && etag > 0:
                    Forget(active, active.State.Version);
                    break;
                case 9:
                    activations.Remove(active);
                    break;
                case 10:
                    Clean(active);
                    break;
                default:
                    Deliver();
                    break;
            }
        }

        private Activation Activate()
        {
            activations.Add(new(row, etag));
            return activations[^1];
        }

        private void Grant(Activation active, string workspace)
        {
            var next = active.State.With(workspace, ++epoch)!;
            var isFirst = active.State.Entries.IsEmpty;
            StoredIds Add(StoredIds known) => known.With(group, next.Version, isFirst, KnownIds.MaxGroups)!;
            if (fault == Fault.RowBeforeSet)
            {
                if (Commit(active, next) && dice.Next(4) > 0)
                {
                    set = Add(set);
                }

                return;
            }

            if (!active.IsKnown || (isFirst && fault != Fault.SaidOnce))
            {
                switch (dice.Next(8))
                {
                    case 0:
                        // Nobody answered: it may be on its way still.
                        late.Add(Add);
                        return;
                    case 1:
                        set = Add(set);
                        return;
                    default:
                        set = Add(set);
                        active.IsKnown = true;
                        break;
                }
            }

            active.Granting = next;
        }

        private void Revoke(Activation active, string workspace)
        {
            var next = active.State.Without(workspace, epoch);
            if (fault == Fault.RemovalBeforeRow && next.Entries.IsEmpty && !active.State.Entries.IsEmpty)
            {
                Forget(active, next.Version);
            }

            if (Commit(active, next) && next.Entries.IsEmpty && etag > 0)
            {
                Forget(active, next.Version);
            }
        }

        // A full set has read which version the group has there, and asks.
        private void Clean(Activation active)
        {
            if (!active.State.Entries.IsEmpty || !set.Entries.TryGetValue(group, out var version))
            {
                return;
            }

            if (active.State.Version >= version || fault == Fault.CleanedWithoutRow || Commit(active, active.State with { Version = version }))
            {
                Forget(active, Math.Max(version, active.State.Version), anyVersion: fault == Fault.CleanedWithoutVersion);
            }
        }

        private void Forget(Activation active, long version, bool anyVersion = false)
        {
            active.IsKnown = fault == Fault.SaidOnce && active.IsKnown;
            StoredIds Remove(StoredIds known) => known.Without(group, anyVersion || fault == Fault.RemovalWithoutVersion ? long.MaxValue : version);
            if (dice.Next(2) == 0)
            {
                late.Add(Remove);
            }
            else
            {
                set = Remove(set);
            }
        }

        // On the version read. What was not confirmed ends the activation, stored or not.
        private bool Commit(Activation active, WorkspaceIndex next)
        {
            if (ReferenceEquals(next, active.State))
            {
                return true;
            }

            var outcome = dice.Next(10);
            if (active.ETag != etag || outcome == 0)
            {
                activations.Remove(active);
                return false;
            }

            (row, etag) = (next, etag + 1);
            if (outcome == 1)
            {
                activations.Remove(active);
                return false;
            }

            (active.State, active.ETag) = (next, etag);
            return true;
        }

        private void Deliver()
        {
            if (late.Count > 0)
            {
                var index = dice.Next(late.Count);
                set = late[index](set);
                late.RemoveAt(index);
            }
        }
    }
}
