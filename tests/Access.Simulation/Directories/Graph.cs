using System.Collections.Immutable;
using System.Globalization;
using EngageCenter.Paging;

namespace EngageCenter.Directories.Simulation;

/// <summary>The content of the directory from a moment on. Persons and groups are bits.</summary>
/// <param name="People">For each group, its direct members.</param>
/// <param name="Groups">For each group, the groups directly in it. Groups may contain each other in a circle.</param>
internal sealed record Snapshot(TimeSpan From, ImmutableArray<int> People, ImmutableArray<int> Groups, int Deleted, int Enabled)
{
    /// <summary>The groups of a person, directly or through nested groups.</summary>
    public int GroupsOf(int person)
    {
        var mine = 0;
        for (var group = 0; group < People.Length; group++)
        {
            mine |= (People[group] & (1 << person)) != 0 ? 1 << group : 0;
        }

        for (var before = -1; before != mine;)
        {
            before = mine;
            for (var group = 0; group < Groups.Length; group++)
            {
                mine |= (Groups[group] & mine) != 0 ? 1 << group : 0;
            }
        }

        return mine;
    }

    /// <summary>The groups nested in a group, at any depth.</summary>
    public int NestedIn(int group)
    {
        var nested = Groups[group];
        for (var before = -1; before != nested;)
        {
            before = nested;
            for (var inner = 0; inner < Groups.Length; inner++)
            {
                nested |= (nested & (1 << inner)) != 0 ? Groups[inner] : 0;
            }
        }

        return nested & ~(1 << group);
    }

    public bool IsEnabled(int person) => (Enabled & (1 << person)) != 0;
}

/// <summary>
/// The simulated directory. It tells its changes late and in pages. It answers from replicas that may be behind. It fails, sends
/// incomplete answers, is silent, throttles, and forgets its changes.
/// </summary>
internal sealed class Graph : IDirectory
{
    public const int Persons = 5;

    public const int Groups = 6;

    /// <summary>The longest time from a change until the directory tells it. Answers have at least the changes that were told.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(4);

    private const int PageSize = 2;

    private readonly World world;
    private readonly Fault fault;
    private readonly List<(TimeSpan VisibleAt, int Snapshot, GroupChange Change)> groupChanges = [];
    private readonly List<(TimeSpan VisibleAt, int Snapshot, Guid Person)> accountChanges = [];
    private readonly List<ImmutableArray<Guid>> lots = [];
    private readonly Dictionary<Guid, ImmutableArray<Guid>> answered = [];
    private int groupsFrom;
    private int accountsFrom;

    public Graph(World world, Fault fault)
    {
        (this.world, this.fault) = (world, fault);
        History.Add(new(
            TimeSpan.Zero,
            [.. Enumerable.Range(0, Groups).Select(_ => world.Dice.Below(1 << Persons))],
            [.. Enumerable.Range(0, Groups).Select(_ => world.Dice.Chance(0.3) ? 1 << world.Dice.Below(Groups) : 0)],
            0,
            (1 << Persons) - 1));
    }

    public static Guid Tenant { get; } = new("10000000-0000-0000-0000-000000000001");

    /// <summary>All contents of the directory, from the first to the current one.</summary>
    public List<Snapshot> History { get; } = [];

    public Snapshot Now => History[^1];

    public Snapshot At(TimeSpan time) => History.FindLast(snapshot => snapshot.From <= time) ?? History[0];

    /// <summary>When the directory told of a person by name that they were put in a group or taken out, and when it forgot its changes.</summary>
    public List<(TimeSpan At, int Person)> Named { get; } = [];

    public List<TimeSpan> Forgotten { get; } = [];

    public TimeSpan SilentUntil { get; set; }

    public int Requests { get; private set; }

    public int Partial { get; private set; }

    public int Expired { get; private set; }

    public TimeSpan? Poll => TimeSpan.FromSeconds(30);

    public static Guid GroupId(int group) => new(group + 1, 1, 0, new byte[8]);

    public static Guid PersonId(int person) => new(person + 1, 0, 0, new byte[8]);

    public static int GroupOf(Guid id) => BitConverter.ToInt32(id.ToByteArray()) - 1;

    public static int PersonOf(Guid id) => BitConverter.ToInt32(id.ToByteArray()) - 1;

    public static ImmutableArray<Guid> Ids(int groups) =>
        [.. Enumerable.Range(0, Groups).Where(g => (groups & (1 << g)) != 0).Select(GroupId)];

    public bool IsConfiguredFor(Guid tenantId) => tenantId == Tenant;

    public void Move(int person, int group)
    {
        if ((Now.Deleted & (1 << group)) == 0)
        {
            Named.Add((world.Now, person));
            Happen(Now with { People = Now.People.SetItem(group, Now.People[group] ^ (1 << person)) }, new GroupChange(GroupId(group), false, [PersonId(person)], false, "Name"));
        }
    }

    public void Nest(int inner, int group)
    {
        if (inner != group && (Now.Deleted & ((1 << group) | (1 << inner))) == 0)
        {
            Happen(Now with { Groups = Now.Groups.SetItem(group, Now.Groups[group] ^ (1 << inner)) }, new GroupChange(GroupId(group), false, [], true));
        }
    }

    public void Delete(int group)
    {
        if ((Now.Deleted & (1 << group)) == 0)
        {
            Happen(
                Now with
                {
                    Deleted = Now.Deleted | (1 << group),
                    People = Now.People.SetItem(group, 0),
                    Groups = [.. Now.Groups.SetItem(group, 0).Select(nested => nested & ~(1 << group))],
                },
                new GroupChange(GroupId(group), true, [], false));
        }
    }

    public void Block(int person)
    {
        History.Add(Now with { From = world.Now, Enabled = Now.Enabled ^ (1 << person) });
        accountChanges.Add((Told(accountChanges.Count > 0 ? accountChanges[^1].VisibleAt : TimeSpan.Zero), History.Count - 1, PersonId(person)));
    }

    /// <summary>Forgets the changes, so that no follower can continue from its place.</summary>
    public void Expire(bool ofGroups)
    {
        Expired++;
        if (ofGroups)
        {
            Forgotten.Add(world.Now);
            groupsFrom = Visible(groupChanges) + 1;
        }
        else
        {
            accountsFrom = Visible(accountChanges) + 1;
        }
    }

    public Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        if (fault == Fault.OlderObservationWins && answered.TryGetValue(userId, out var before) && world.Dice.Chance(0.3))
        {
            return Answer(() => before, _ => throw Unavailable("broke off"), cancellationToken);
        }

        return Answer(
            () => answered[userId] = Ids(Read().GroupsOf(PersonOf(userId))),
            whole => fault == Fault.PartialReadRemoves ? [.. whole.Take(1)] : throw Unavailable("The answer broke off."),
            cancellationToken);
    }

    public Task<bool> IsEnabled(Guid tenantId, Guid userId, CancellationToken cancellationToken) => Answer(
        () => Read().IsEnabled(PersonOf(userId)),
        _ => fault == Fault.SilenceUnblocks ? true : throw Unavailable("The answer broke off."),
        cancellationToken);

    /// <summary>When somebody first wanted to follow accounts. From then on only changes are reported.</summary>
    public long? AccountsFollowed { get; private set; }

    public Task<string> FollowAccounts(Guid tenantId, CancellationToken cancellationToken)
    {
        AccountsFollowed ??= world.Mark();
        return Answer(() => Address(0, Visible(accountChanges)), _ => throw Unavailable("The answer broke off."), cancellationToken);
    }

    public Task<AccountChanges> ChangedAccounts(Guid tenantId, string address, CancellationToken cancellationToken) => Answer(
        () =>
        {
            var (_, from) = Place(address);
            var end = Visible(accountChanges);
            if (from < accountsFrom)
            {
                return fault == Fault.ResyncMissesRemovals ? new([], null, Address(0, Math.Max(end, accountsFrom))) : new AccountChanges([], null, null, IsExpired: true);
            }

            var upTo = Math.Min(end, from + PageSize);
            ImmutableArray<Guid> people = [.. accountChanges.Take(upTo).Skip(from).Select(change => change.Person)];
            return upTo < end ? new(people, Address(0, upTo), null) : new(people, null, Address(0, Math.Max(upTo, from)));
        },
        _ => throw Unavailable("The page broke off."),
        cancellationToken);

    public Task<string> Follow(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken) => Answer(
        () =>
        {
            lots.Add(groups);
            return Address(lots.Count - 1, Visible(groupChanges));
        },
        _ => throw Unavailable("The answer broke off."),
        cancellationToken);

    public Task<GroupChanges> Changes(Guid tenantId, string address, CancellationToken cancellationToken) => Answer(
        () =>
        {
            var (lot, from) = Place(address);
            var end = Visible(groupChanges);
            if (from < groupsFrom)
            {
                return fault == Fault.ResyncMissesRemovals ? new([], null, Address(lot, Math.Max(end, groupsFrom))) : new GroupChanges([], null, null, IsExpired: true);
            }

            List<GroupChange> changes = [];
            var next = from;
            for (; next < end && changes.Count < PageSize; next++)
            {
                if (lots[lot].Contains(groupChanges[next].Change.GroupId))
                {
                    changes.Add(groupChanges[next].Change);
                }
            }

            return next < end ? new([.. changes], Address(lot, next), null) : new([.. changes], null, Address(lot, Math.Max(next, from)));
        },
        whole => fault == Fault.PartialChangesCount && whole.NextRound is { } round ? new([.. whole.Changes.Skip(1)], null, round) : throw Unavailable("The page broke off."),
        cancellationToken);

    public Task<ImmutableArray<Guid>> NestedGroups(Guid tenantId, Guid groupId, CancellationToken cancellationToken) =>
        Answer(() => Ids(Read().NestedIn(GroupOf(groupId))), _ => throw Unavailable("The answer broke off."), cancellationToken);

    public Task<ImmutableArray<DirectoryGroup>> Existing(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken) => Answer<ImmutableArray<DirectoryGroup>>(
        () => [.. groups.Where(group => (Read().Deleted & (1 << GroupOf(group))) == 0).Select(group => new DirectoryGroup(group, "Name", null))],
        _ => throw Unavailable("The answer broke off."),
        cancellationToken);

    public Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<Page<DirectoryGroup>> IDirectory.Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int?> CountPeople(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DirectoryMembers> Members(Guid tenantId, Guid groupId, string? address, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<DirectoryMember?> Person(Guid tenantId, Guid userId, CancellationToken cancellationToken) => throw new NotSupportedException();

    private static DirectoryUnavailableException Unavailable(string why) => new(why);

    private static string Address(int lot, int place) => string.Create(CultureInfo.InvariantCulture, $"{lot}/{place}");

    private static (int Lot, int Place) Place(string address) =>
        address.Split('/') is [var lot, var place] ? (int.Parse(lot, CultureInfo.InvariantCulture), int.Parse(place, CultureInfo.InvariantCulture)) : throw new ArgumentException(address);

    private void Happen(Snapshot next, GroupChange change)
    {
        History.Add(next with { From = world.Now });
        groupChanges.Add((Told(groupChanges.Count > 0 ? groupChanges[^1].VisibleAt : TimeSpan.Zero), History.Count - 1, change));
    }

    private TimeSpan Told(TimeSpan before)
    {
        var told = world.Now + world.Dice.Seconds(0, Delay.TotalSeconds);
        return told > before ? told : before;
    }

    private int Visible<TChange>(List<(TimeSpan VisibleAt, int Snapshot, TChange)> changes) => changes.FindLastIndex(change => change.VisibleAt <= world.Now) + 1;

    // Reads from one of the replicas. Each has all changes that were told, and some have newer ones.
    private Snapshot Read()
    {
        var (groups, accounts) = (Visible(groupChanges), Visible(accountChanges));
        var least = Math.Max(groups > 0 ? groupChanges[groups - 1].Snapshot : 0, accounts > 0 ? accountChanges[accounts - 1].Snapshot : 0);
        return History[least + world.Dice.Below(History.Count - least)];
    }

    private Task<T> Answer<T>(Func<T> read, Func<T, T> brokenOff, CancellationToken cancellationToken)
    {
        Requests++;
        var (node, dice, weather) = (Node.Current, world.Dice, world.Weather);
        var answer = new TaskCompletionSource<T>();
        cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken));
        if (world.Now < SilentUntil)
        {
            return answer.Task;
        }

        if (dice.Chance(weather.GraphFails))
        {
            TimeSpan? retryAfter = dice.Chance(0.3) ? dice.Seconds(0.5, 20) : null;
            world.After(Travel(), node, () => answer.TrySetException(new DirectoryUnavailableException("It failed.", retryAfter)));
            return answer.Task;
        }

        var breaksOff = dice.Chance(weather.GraphBreaksOff);
        Partial += breaksOff ? 1 : 0;
        world.After(Travel(), world.Outside, () =>
        {
            try
            {
                var whole = read();
                var given = breaksOff ? brokenOff(whole) : whole;
                world.After(Travel(), node, () => answer.TrySetResult(given));
            }
            catch (DirectoryUnavailableException e)
            {
                world.After(Travel(), node, () => answer.TrySetException(e));
            }
        });
        return answer.Task;

        TimeSpan Travel() => dice.Chance(weather.GraphSlow) ? dice.Seconds(0.5, 4) : dice.Seconds(0.005, 0.1);
    }
}
