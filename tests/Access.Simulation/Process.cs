namespace EngageCenter.Access.Simulation;

/// <summary>A process that runs for a while, with a clock of its own. What restarts on the same node is another one.</summary>
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
