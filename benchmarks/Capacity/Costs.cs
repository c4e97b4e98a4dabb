namespace EngageCenter.Capacity;

/// <summary>What an operation costs, as it was measured. Each figure names its page under docs/measurements, or what it rests on.</summary>
internal static class Costs
{
    /// <summary>Processor time of a web node for a check that it answers from memory, in µs (door-2026-11-28-e5cc13c).</summary>
    public const double WebCheck = 26.5;

    /// <summary>Processor time of a web node for a check that it asks a silo about, in µs (door-2026-11-28-e5cc13c).</summary>
    public const double WebAsk = 45.5;

    /// <summary>Processor time of three silos for a check that they are asked about, calls between them included, in µs (door-2026-11-28-e5cc13c).</summary>
    public const double SiloAsk = 28.1;

    /// <summary>
    /// Processor time of a grain call from silo to silo, in µs: what a decision costs more with three silos than with one
    /// (scale-out-2026-11-24-e9b2c97). A lease is one such call.
    /// </summary>
    public const double SiloCall = 18.2;

    /// <summary>
    /// Processor time of the silos for a sign-in that activates the person's grain, in µs: that of DevHost with SQLite
    /// (first-sign-ins-2026-11-28, 709 µs), without the web node's part (<see cref="WebAsk"/>).
    /// </summary>
    public const double SiloSignIn = 660;

    /// <summary>Bytes of an active grain of a person, with the entry in the list of people (memory-2026-11-28).</summary>
    public const double PersonBytes = 6_429;

    /// <summary>Bytes of an active workspace with 20 groups and an organization of its own (memory-2026-11-28).</summary>
    public const double WorkspaceBytes = 99_821;

    /// <summary>Reads and writes of storage for a sign-in with a new token: the person's row (first-sign-ins-2026-11-28). The list's write, which sign-ins may share, is left out.</summary>
    public static readonly Storage SignIn = new(1, 1);

    /// <summary>Reads and writes of storage for a new token of a person whose grain is active, as above.</summary>
    public static readonly Storage NextToken = new(0, 1);

    /// <summary>
    /// Reads and writes for the first use of a workspace, by reading the code: its row, its list of people, its
    /// organization's set of groups and the rows of its 20 groups; it writes its row, the list and the set, which are taken over.
    /// </summary>
    public static readonly Storage Workspace = new(23, 3);

    /// <summary>US$ for 10,000 reads and writes of blobs (hot, LRS, East US; list price of 2026-05-04 at second hand).</summary>
    public static readonly Storage Price = new(0.0044, 0.055);

    /// <summary>
    /// Requests a second that one Azure storage account takes by default
    /// (https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account).
    /// </summary>
    public const double AccountRequests = 20_000;
}

internal readonly record struct Storage(double Reads, double Writes)
{
    public double Requests => Reads + Writes;
}
