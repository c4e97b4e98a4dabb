namespace EngageCenter.Access.Simulation;

/// <summary>A process with its own clock. After a restart the node has another process.</summary>
internal abstract class Process(World world, int node, string name, TimeSpan clock)
{
    protected World World => world;

    public int Node => node;

    public string Name => name;

    public TimeSpan Clock => world.Now + clock;

    public bool IsDown { get; set; }

    public TimeSpan PausedUntil { get; set; }

    public bool IsPaused => PausedUntil > world.Now;

    public override string ToString() => Name;
}
