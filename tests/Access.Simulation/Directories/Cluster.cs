using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EngageCenter.Access;
using EngageCenter.Users;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Metadata;

namespace EngageCenter.Directories.Simulation;

/// <summary>A silo with the caches that ship.</summary>
internal sealed record Silo(Node Node, IGrainFactory Grains, PolicyCache Policies, KnownIdsCache KnownIds, DecisionLending Lending, DirectoryMetrics Directory);

/// <summary>A web node with the shipped cache of decisions.</summary>
internal sealed record WebNode(Node Node, IGrainFactory Grains, DecisionCache Decisions);

/// <summary>Silos, web nodes, and the activations on them. The grains of users, followers and directories are the shipped ones.</summary>
internal sealed class Cluster : IDisposable
{
    private const int MaxSilos = 3;

    private readonly World world;
    private readonly Fault fault;
    private readonly Graph graph;
    private readonly History history;
    private readonly Meters meters = new();
    private readonly Silos silosOf = new();
    private readonly Dictionary<GrainKey, List<Activation>> activations = [];
    private readonly ConditionalWeakTable<object, Activation> made = [];
    private readonly HashSet<GrainKey> doubled = [];
    private int started;

    public Cluster(World world, Graph graph, History history, Fault fault)
    {
        (this.world, this.graph, this.history, this.fault) = (world, graph, history, fault);
        Storage = new(world);
        for (var n = 0; n < MaxSilos; n++)
        {
            Running.Add(NewSilo());
        }

        Webs = [NewWeb(), NewWeb()];
        Ids = new(world, []);
        Tenants = new(world, [Graph.Tenant]);
        Workspaces = [.. Enumerable.Range(1, 2).Select(n => new SimulatedWorkspace(world, history, $"{n:d32}"))];
        Groups = [.. Enumerable.Range(0, Graph.Groups).Select(_ => new SimulatedGroup())];
    }

    public Rows Storage { get; }

    public List<Silo> Running { get; } = [];

    public WebNode[] Webs { get; }

    public SimulatedIds Ids { get; }

    public SimulatedIds Tenants { get; }

    public ImmutableArray<SimulatedWorkspace> Workspaces { get; }

    public ImmutableArray<SimulatedGroup> Groups { get; }

    /// <summary>All activations of users, also ended ones.</summary>
    public List<Activation> Users { get; } = [];

    public int Duplicates { get; private set; }

    public static GrainKey User(int person) => new("user", $"{Graph.Tenant:D}/{Graph.PersonId(person):D}");

    public static GrainKey Follower { get; } = new("directory-follower", $"{Graph.Tenant:D}");

    public void Dispose() => meters.Dispose();

    /// <summary>Returns the activation that made a decision. Each decision has its own object of roles, so the object identifies it.</summary>
    public Activation? MakerOf(EffectiveAccess access) =>
        !access.Roles.IsDefaultOrEmpty && made.TryGetValue(ImmutableCollectionsMarshal.AsArray(access.Roles)!, out var maker) ? maker : null;

    public IGrainFactory GrainsOf(Node node) => new Factory(this, node);

    public void Crash(Silo silo)
    {
        silo.Node.IsDown = true;
        Running.Remove(silo);
        foreach (var gone in activations.Values.SelectMany(some => some).Where(activation => activation.Node == silo.Node))
        {
            gone.Over();
        }

        world.After(world.Dice.Seconds(0.1, 15), world.Outside, () => Running.Add(NewSilo()));
    }

    public void Crash(int web)
    {
        Webs[web].Node.IsDown = true;
        Webs[web] = NewWeb();
    }

    /// <summary>Ends all activations of grains that had two at the same time. One of them may not know what the other stored.</summary>
    public void EndDuplicates()
    {
        foreach (var other in doubled.SelectMany(Open).ToList())
        {
            other.End();
        }
    }

    /// <summary>The activations of a grain that accept calls.</summary>
    public List<Activation> Open(GrainKey key) => activations.TryGetValue(key, out var known) ? [.. known.Where(activation => activation.IsOpen)] : [];

    // The grain directory is eventually consistent, so a second activation may start while there is one.
    private Activation Route(GrainKey key)
    {
        if (!activations.TryGetValue(key, out var known))
        {
            activations[key] = known = [];
        }

        known.RemoveAll(activation => activation.IsOver);
        var usable = known.Where(activation => !(activation.Node.IsPaused && world.Dice.Chance(0.3))).ToList();
        if (usable.Count > 0 && !(usable.Count == 1 && world.Dice.Chance(world.Weather.Duplicates)))
        {
            return world.Dice.Pick(usable);
        }

        foreach (var other in known.ToList())
        {
            Duplicates++;
            doubled.Add(key);
            world.After(world.Dice.Seconds(1, 20), other.Node, other.End);
        }

        // A silo has at most one activation of a grain.
        var free = Running.Where(silo => known.TrueForAll(activation => activation.Node != silo.Node)).ToList();
        if (free.Count == 0)
        {
            return known.Count > 0 ? world.Dice.Pick(known) : throw new TimeoutException("There is no silo.");
        }

        var silo = world.Dice.Pick(free);
        var activation = new Activation(world, silo.Node, key, silo.Grains);
        known.Add(activation);
        if (key.Type == "user")
        {
            Users.Add(activation);
        }

        world.After(TimeSpan.Zero, silo.Node, () => activation.Start(it => Make(it, silo)));
        return activation;
    }

    private async Task<Grain> Make(Activation activation, Silo silo)
    {
        var (node, id) = (silo.Node, activation.Key.Id);
        switch (activation.Key.Type)
        {
            case "user":
                var user = new StoredState<UserState>(Storage, "user", id);
                await user.ReadStateAsync();
                return activation.Own(new UserGrain(
                    user, Storage, silo.Policies, silo.KnownIds, new(silo.Grains, node.Time), silo.Lending, graph, new(silo.Grains, graph, node.Time),
                    node.Time, new NoteLogger<UserGrain>(history, node)));
            case "directory":
                return activation.Own(new DirectoryGrain(graph, silo.Directory, node.Time, new NoteLogger<DirectoryGrain>(history, node)));
            case "directory-follower":
                var following = new StoredState<Following>(Storage, "following", id);
                await following.ReadStateAsync();
                return activation.Own(new DirectoryFollower(
                    following, Storage, Storage, graph, silo.KnownIds, silo.Directory, node.Time, new NoteLogger<DirectoryFollower>(history, node)));
            default:
                throw new NotSupportedException($"No grain is made of {activation.Key}.");
        }
    }

    private Silo NewSilo()
    {
        var node = new Node(world, $"silo{++started}", world.Dice.Seconds(0, 100_000));
        var (grains, metrics) = (new Factory(this, node), new AccessMetrics(meters));
        var lending = new DecisionLending(
            Options.Create(new AccessOptions()), new(silosOf, silosOf), metrics, node.Time, new NoteLogger<DecisionLending>(history, node));
        return new(
            node,
            grains,
            new(grains, new(grains, silosOf), lending, metrics, node.Time, new NoteLogger<PolicyCache>(history, node)) { Requests = node.Scheduler },
            new(grains, metrics, node.Time, new NoteLogger<KnownIdsCache>(history, node)) { Requests = node.Scheduler },
            lending,
            new(meters, node.Time));
    }

    private WebNode NewWeb()
    {
        var node = new Node(world, $"web{++started}", world.Dice.Seconds(0, 100_000));
        var grains = new Factory(this, node);
        return new(node, grains, new(grains, new(meters), node.Time, 100));
    }

    private object Call(Node from, Type type, string key, MethodInfo method, object?[] args)
    {
        // The simulation starts the rounds itself, to know when each began.
        if (method.Name == nameof(IDirectoryFollower.Wake) || (fault == Fault.NewcomersNotTold && method.Name == nameof(IDirectoryFollower.Came)))
        {
            return Task.CompletedTask;
        }

        IMessenger messenger = type == typeof(IUserGrain) || type == typeof(IObservedPerson) || type == typeof(IContactIndex) ? new ToActivation(this, new("user", key))
            : type == typeof(IDirectoryGrain) ? new ToActivation(this, new("directory", key))
            : type == typeof(IDirectoryFollower) ? new ToActivation(this, new("directory-follower", key))
            : type == typeof(IKnownIdsGrain) ? new ToNode(world, world.Outside, key == KnownIds.GroupsOf(Graph.Tenant) ? Ids : Tenants)
            : type == typeof(IGroupGrain) ? new ToNode(world, world.Outside, Groups[Graph.GroupOf(Guid.Parse(key.Split('/')[1]))])
            : new ToNode(world, world.Outside, Workspaces.Single(workspace => workspace.Id == key));
        return Returning.Of(method.ReturnType).Call(messenger, method, args);
    }

    // A planted fault changes the answer, or what happens before it is returned.
    private object Answered(MethodInfo method, object?[] args, object answer)
    {
        if (fault == Fault.FailedObservationCounts && method.DeclaringType == typeof(IObservedPerson))
        {
            return true;
        }

        if (fault == Fault.PlaceStoredEarly && answer is GroupChanges { NextRound: { } round })
        {
            var lot = ((string)args[0]!).Split('/')[0] + "/";
            Storage.Overwrite("following", Follower.Id, row =>
                ((Following)row).Lots.FirstOrDefault(some => some.Address.StartsWith(lot, StringComparison.Ordinal)) is { } followed
                    ? ((Following)row).With(followed with { Address = round })
                    : row);
        }

        return answer;
    }

    private sealed class ToNode(World world, Node node, object target) : IMessenger
    {
        public Task<T> Send<T>(MethodInfo method, object?[] args, Func<object, Task<T>> call) => world.Call(node, () => call(target));
    }

    private sealed class ToActivation(Cluster cluster, GrainKey key) : IMessenger
    {
        public async Task<T> Send<T>(MethodInfo method, object?[] args, Func<object, Task<T>> call)
        {
            var activation = cluster.Route(key);

            // If a second call waited inside of the grain, it would continue outside of the simulated time.
            var interleaves = key.Type != "directory-follower" ? method.Name != nameof(IDirectoryGrain.Facts) : method.GetCustomAttribute<AlwaysInterleaveAttribute>() is not null;
            try
            {
                return await cluster.world.Call(activation.Node, () => activation.Serve(Called, interleaves, () => Send(method, args, call)));
            }
            catch (TimeoutException e)
            {
                cluster.history.Note($"{activation.Node}: {method.Name} of {key.Type} {key.Key[^12..]} was not answered: {e.Message}");
                if (cluster.fault == Fault.FailedObservationCounts && method.DeclaringType == typeof(IObservedPerson))
                {
                    return (T)(object)true;
                }

                throw;
            }

            async Task<T> Called(object grain)
            {
                var (begun, begunAt) = (cluster.world.Mark(), cluster.world.Now);
                var answer = await call(grain);
                if (answer is EffectiveAccess { Roles: { IsDefaultOrEmpty: false } roles })
                {
                    cluster.made.TryAdd(ImmutableCollectionsMarshal.AsArray(roles)!, activation);
                }

                answer = answer is null ? answer : (T)cluster.Answered(method, args, answer);
                if (method.DeclaringType == typeof(IObservedPerson) && answer is true)
                {
                    var observation = new Observation(Graph.PersonOf(Guid.Parse(key.Key.Split('/')[1])), method.Name, begun, begunAt, cluster.world.Mark());
                    cluster.history.Observations.Add(observation);
                    cluster.history.Note($"user{observation.Person}: {method.Name}, which began at {begunAt.TotalSeconds:F3}, returned true");
                }

                return answer;
            }
        }
    }

    private sealed class Factory(Cluster cluster, Node node) : IGrainFactory
    {
        private readonly Dictionary<(Type, string), object> remotes = [];

        public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey
        {
            var type = typeof(TGrainInterface);
            if (!remotes.TryGetValue((type, primaryKey), out var remote))
            {
                remotes[(type, primaryKey)] = remote = Make(primaryKey);
            }

            return (TGrainInterface)remote;

            object Make(string key) => typeof(Remote).GetMethod(nameof(Remote.To))!.MakeGenericMethod(type)
                .Invoke(null, [(Func<MethodInfo, object?[], object>)((method, args) => cluster.Call(node, type, key, method, args))])!;
        }

        public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
            where TGrainObserverInterface : IGrainObserver
        {
            var messenger = new ToNode(cluster.world, node, obj);
            return (TGrainObserverInterface)typeof(Remote).GetMethod(nameof(Remote.To))!.MakeGenericMethod(typeof(TGrainObserverInterface))
                .Invoke(null, [(Func<MethodInfo, object?[], object>)((method, args) =>
                    cluster.fault == Fault.RecordedWithoutRecall && method.Name == nameof(IDecisionHolder.RecallPerson)
                        ? Task.CompletedTask
                        : Returning.Of(method.ReturnType).Call(messenger, method, args))])!;
        }

        public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();

        public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithIntegerKey => throw new NotSupportedException();

        public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();

        public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

        public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

        public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

        public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

        public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

        public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

        public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();

        public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

        public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
            where TGrainInterface : IAddressable => throw new NotSupportedException();

        public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

        public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();

        public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
            where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();
    }

    /// <summary>A cluster in which every silo is of this release.</summary>
    private sealed class Silos : IClusterManifestProvider, IClusterMembershipService
    {
        private static readonly SiloAddress address = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);

        public ClusterManifest Current { get; } = new(
            MajorMinorVersion.Zero,
            ImmutableDictionary<SiloAddress, GrainManifest>.Empty.Add(address, new(
                ImmutableDictionary<GrainType, GrainProperties>.Empty.Add(
                    GrainType.Create("user"), new(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal).Add(WaitingSilos.Property, bool.TrueString))),
                ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty)));

        public ClusterMembershipSnapshot CurrentSnapshot { get; } = new(ImmutableDictionary<SiloAddress, ClusterMember>.Empty, new(1));

        public IAsyncEnumerable<ClusterManifest> Updates => throw new NotSupportedException();

        public GrainManifest LocalGrainManifest => throw new NotSupportedException();

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class NoteLogger<T>(History history, Node node) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => history.KeepsNotes;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            history.Note($"{node}: {formatter(state, exception)} {exception?.Message}");
    }

    private sealed class Meters : IMeterFactory
    {
        private readonly List<Meter> meters = [];

        public Meter Create(MeterOptions options)
        {
            var meter = new Meter(options);
            meters.Add(meter);
            return meter;
        }

        public void Dispose() => meters.ForEach(meter => meter.Dispose());
    }
}
