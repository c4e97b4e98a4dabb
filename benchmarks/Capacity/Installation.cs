namespace EngageCenter.Capacity;

/// <param name="People">All of them sign in on Monday morning, one after the other, in the order of their arrival.</param>
/// <param name="Workspaces">Each has the same number of people.</param>
/// <param name="Silos">Each has <see cref="SiloCores"/> cores and <see cref="SiloMemory"/> bytes.</param>
/// <param name="WebNodes">Each has <see cref="WebCores"/> cores.</param>
/// <param name="Accounts">Storage accounts, over which rows are spread evenly. The hosts use one.</param>
/// <param name="Authority">The setting Access:Authority, in seconds: a workspace in use reads its row that often.</param>
/// <param name="SignInsPerSecond">How many people arrive in a second until all have come.</param>
internal sealed record Installation(
    string Name, double People, double Workspaces, int Silos, int WebNodes, int Accounts, double Authority, double SignInsPerSecond)
{
    public const int SiloCores = 8;
    public const int WebCores = 4;
    public const double SiloMemory = 32.0 * (1L << 30);

    /// <summary>How long a silo decides by a lease, and a web node by a decision, in seconds (Access:Lease).</summary>
    public const double Lease = 10;

    /// <summary>How often somebody who has signed in makes a request, in seconds.</summary>
    public const double BetweenRequests = 60;

    /// <summary>Working days of a month, hours of each, and new tokens of a person in them.</summary>
    public const double Days = 22;
    public const double Hours = 8;
    public const double Tokens = 8;

    public double PeoplePerWorkspace => People / Workspaces;

    /// <summary>Workspaces of which somebody made a request within Access:Authority, if so many people have signed in.</summary>
    public double InUse(double people) =>
        Workspaces * (1 - Math.Exp(-people / Workspaces * Authority / BetweenRequests));

    /// <summary>Reads and writes of storage in a month in which everybody works.</summary>
    public Storage Month()
    {
        var confirmations = InUse(People) / Authority * Hours * 3600 * Days;
        return new(
            confirmations + (Days * ((People * Costs.SignIn.Reads) + (People * (Tokens - 1) * Costs.NextToken.Reads) + (Workspaces * Costs.Workspace.Reads))),
            Days * ((People * Costs.SignIn.Writes) + (People * (Tokens - 1) * Costs.NextToken.Writes) + (Workspaces * Costs.Workspace.Writes)));
    }
}
