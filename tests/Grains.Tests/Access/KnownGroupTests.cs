using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// A group and the set of known ids, where activations are duplicated and crash, writes conflict or lose their answer, and
/// messages are lost or come late: while the group's row has a workspace, the set has the group; and a list that a silo has
/// read lacks nothing that was granted and acknowledged, if its version is the one in the set. The records are the real ones;
/// the shell around them does as <see cref="GroupGrain"/> and <see cref="GroupLists"/> do, or wrongly on purpose.
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

        /// <summary>The set is told of the first workspace alone, as by an earlier release.</summary>
        SaidFirst,

        /// <summary>The set is told that the list grows after that is stored.</summary>
        GrownBeforeSet,

        /// <summary>A silo takes whatever list it is answered for one of the set's version.</summary>
        OlderListCounts,

        /// <summary>An activation that is behind the set says that its list has the set's version, and does not store it.</summary>
        RaisedInMemory,

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
    [InlineData(Fault.SaidFirst)]
    [InlineData(Fault.GrownBeforeSet)]
    [InlineData(Fault.OlderListCounts)]
    [InlineData(Fault.RaisedInMemory)]
    [InlineData(Fault.CleanedWithoutRow)]
    [InlineData(Fault.CleanedWithoutVersion)]
    public void What_is_built_wrongly_is_found(Fault fault) =>
        Assert.Contains(Enumerable.Range(1, Seeds), seed => new Run(seed, fault).Misses());

    private sealed class Activation(WorkspaceIndex state, long etag)
    {
        public WorkspaceIndex State { get; set; } = state;

        public long ETag { get; set; } = etag;

        public bool IsKnown { get; set; }

        /// <summary>What is to be stored now that the set has the group, and which workspace that is for; nothing else happens in the activation before that.</summary>
        public (WorkspaceIndex Next, string Workspace)? Granting { get; set; }
    }

    private sealed class Run(int seed, Fault fault)
    {
        private static readonly Guid group = Guid.NewGuid();
        private readonly Random dice = new(seed);
        private readonly List<Activation> activations = [];

        // Messages to the set that nobody waits for any more.
        private readonly List<Func<StoredIds, StoredIds>> late = [];
        // Grants that were acknowledged, and not revoked since; and what a silo has read.
        private readonly HashSet<string> acknowledged = [];
        private WorkspaceIndex? read;
        private WorkspaceIndex row = WorkspaceIndex.Empty;
        private StoredIds set = new();
        private long etag;
        private long epoch;

        /// <summary>
        /// Whether there was a moment in which the group had a workspace and was not known, or in which a silo's list counted that
        /// lacked one.
        /// </summary>
        public bool Misses()
        {
            for (var step = 0; step < Steps; step++)
            {
                Step();
                if (!row.Entries.IsEmpty && !set.Entries.ContainsKey(group))
                {
                    return true;
                }

                if (read is not null && set.Entries.TryGetValue(group, out var version) && read.Version >= version && !acknowledged.All(read.Entries.ContainsKey))
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
                if (Commit(active, granting.Next))
                {
                    acknowledged.Add(granting.Workspace);
                }

                return;
            }

            switch (dice.Next(14))
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
                case 11 or 12:
                    Read(active);
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
            var grows = fault == Fault.SaidFirst ? isFirst : next.Version != active.State.Version;
            StoredIds Add(StoredIds known) => known.With(group, next.Version, grows, KnownIds.MaxGroups)!;
            if (fault == Fault.GrownBeforeSet && !isFirst && grows)
            {
                if (Commit(active, next))
                {
                    acknowledged.Add(workspace);
                    late.Add(Add);
                }

                return;
            }

            if (fault == Fault.RowBeforeSet)
            {
                if (Commit(active, next) && dice.Next(4) > 0)
                {
                    set = Add(set);
                }

                return;
            }

            if (!active.IsKnown || (grows && fault != Fault.SaidOnce))
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

            active.Granting = (next, workspace);
        }

        // A silo holds the set as it is now: what it asks the group for is the version there.
        private void Read(Activation active)
        {
            if (!set.Entries.TryGetValue(group, out var version))
            {
                return;
            }

            if (active.State.Version < version && fault == Fault.RaisedInMemory)
            {
                read = active.State with { Version = version };
                return;
            }

            if (active.State.Version < version && fault != Fault.OlderListCounts)
            {
                (active.State, active.ETag) = (row, etag);
                if (row.Version < version && !Commit(active, row with { Version = version }))
                {
                    return;
                }
            }

            read = fault == Fault.OlderListCounts ? active.State with { Version = Math.Max(version, active.State.Version) } : active.State;
        }

        private void Revoke(Activation active, string workspace)
        {
            var next = active.State.Without(workspace, epoch);

            // From here on nobody needs to see it any more, whatever becomes of it.
            acknowledged.Remove(workspace);
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
