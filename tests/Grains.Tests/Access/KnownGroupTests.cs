using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>
/// A model of a group and the set of known ids with duplicate activations, crashes, conflicting writes, lost answers, and late or
/// lost messages. It checks two things: while the group's row has a workspace, the set has the group; and if a list that a silo
/// has read has the version in the set, it lacks no acknowledged grant. The records are the real ones. The shell around them
/// behaves like <see cref="GroupGrain"/> and <see cref="GroupLists"/>, or has a planted fault.
/// </summary>
public class KnownGroupTests
{
    private const int Seeds = 2_000;
    private const int Steps = 200;

    public enum Fault
    {
        None,

        /// <summary>A removal takes the id out of the set even if a newer version was added.</summary>
        RemovalWithoutVersion,

        /// <summary>The group's row is stored before the group is in the set.</summary>
        RowBeforeSet,

        /// <summary>The set is told of the last removal before the row is stored.</summary>
        RemovalBeforeRow,

        /// <summary>An activation adds the group to the set only once, even if the group had no workspace in between.</summary>
        AddedOnlyOnce,

        /// <summary>The set is told only of the first workspace, as by an earlier release.</summary>
        AddedOnlyFirst,

        /// <summary>The set is told that the list grows only after it is stored.</summary>
        ListBeforeSet,

        /// <summary>A silo takes any list that it gets for one of the set's version.</summary>
        OlderListCounts,

        /// <summary>An outdated activation says that its list has the set's version, without storing it.</summary>
        RaisedInMemory,

        /// <summary>A full set removes an id by the version in the set, although the group's row was not written.</summary>
        CleanedWithoutRow,

        /// <summary>A full set removes an id even if a newer version was added while it asked.</summary>
        CleanedWithoutVersion,
    }

    [Fact]
    public void Group_with_workspaces_is_always_in_the_set() =>
        Assert.DoesNotContain(Enumerable.Range(1, Seeds), seed => new Run(seed, Fault.None).Misses());

    [Theory]
    [InlineData(Fault.RemovalWithoutVersion)]
    [InlineData(Fault.RowBeforeSet)]
    [InlineData(Fault.RemovalBeforeRow)]
    [InlineData(Fault.AddedOnlyOnce)]
    [InlineData(Fault.AddedOnlyFirst)]
    [InlineData(Fault.ListBeforeSet)]
    [InlineData(Fault.OlderListCounts)]
    [InlineData(Fault.RaisedInMemory)]
    [InlineData(Fault.CleanedWithoutRow)]
    [InlineData(Fault.CleanedWithoutVersion)]
    public void Planted_fault_is_found(Fault fault) =>
        Assert.Contains(Enumerable.Range(1, Seeds), seed => new Run(seed, fault).Misses());

    private sealed class Activation(WorkspaceIndex state, long etag)
    {
        public WorkspaceIndex State { get; set; } = state;

        public long ETag { get; set; } = etag;

        public bool IsKnown { get; set; }

        /// <summary>What will be stored now that the set has the group, and for which workspace. The activation does nothing else before that.</summary>
        public (WorkspaceIndex Next, string Workspace)? Granting { get; set; }
    }

    private sealed class Run(int seed, Fault fault)
    {
        private static readonly Guid group = Guid.NewGuid();
        private readonly Random dice = new(seed);
        private readonly List<Activation> activations = [];

        // Messages to the set that nobody waits for any more.
        private readonly List<Func<StoredIds, StoredIds>> late = [];
        // Grants that were acknowledged and not revoked since, and the list that a silo has read.
        private readonly HashSet<string> acknowledged = [];
        private WorkspaceIndex? read;
        private WorkspaceIndex row = WorkspaceIndex.Empty;
        private StoredIds set = new();
        private long etag;
        private long epoch;

        /// <summary>
        /// Whether there was a moment when the group had a workspace but was not in the set, or when a silo trusted a list that lacked a
        /// workspace.
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
            var grows = fault == Fault.AddedOnlyFirst ? isFirst : next.Version != active.State.Version;
            StoredIds Add(StoredIds known) => known.With(group, next.Version, grows, KnownIds.MaxGroups)!;
            if (fault == Fault.ListBeforeSet && !isFirst && grows)
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

            if (!active.IsKnown || (grows && fault != Fault.AddedOnlyOnce))
            {
                switch (dice.Next(8))
                {
                    case 0:
                        // There was no answer, so the message may arrive later.
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

        // A silo holds the current set, and asks the group for the version in it.
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

            // From here on no list needs to have it, whether or not the revocation succeeds.
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

        // A full set has read the group's version and asks the group.
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
            active.IsKnown = fault == Fault.AddedOnlyOnce && active.IsKnown;
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

        // Writes only on the version that was read. If the write is not confirmed, the activation ends, whether or not it was stored.
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
