namespace EngageCenter.Capacity;

/// <summary>
/// A Monday morning in steps of one second. A sign-in goes through the web nodes, the silos and storage, and waits in front of
/// each as long as the work before it takes. Who has signed in makes a request every minute; its person's silo needs a lease
/// of the workspace for it, and the workspace reads its row once in each Access:Authority.
/// </summary>
internal sealed class Morning(Installation its)
{
    private const int MaxSeconds = 4 * 60 * 60;

    private readonly Part web = new("web nodes", its.WebNodes * Installation.WebCores * 1e6);
    private readonly Part silos = new("silos", its.Silos * Installation.SiloCores * 1e6);
    private readonly Part storage = new("storage", its.Accounts * Costs.AccountRequests);
    private double arrived;
    private double openedWorkspaces;

    public IReadOnlyList<Part> Parts => [web, silos, storage];

    /// <summary>The longest time that a sign-in took, in seconds.</summary>
    public double LongestSignIn { get; private set; }

    /// <summary>The second in which the last person was in; null if it is not within four hours.</summary>
    public int? LastIn { get; private set; }

    /// <summary>
    /// The first second in which reads of storage take longer than Access:Authority: from then on workspaces cannot
    /// confirm rights, and checks are 503. Null: never.
    /// </summary>
    public int? AuthorityLost { get; private set; }

    /// <summary>Bytes of memory for each silo when everybody is in.</summary>
    public double BytesPerSilo => ((its.People * Costs.PersonBytes) + (its.Workspaces * Costs.WorkspaceBytes)) / its.Silos;

    public Morning Run()
    {
        for (var second = 0; second < MaxSeconds && LastIn is null; second++)
        {
            var coming = Math.Min(its.SignInsPerSecond, its.People - arrived);
            var requests = arrived / Installation.BetweenRequests;
            arrived += coming;

            // People come in any order, so a workspace is opened by the first of its people who comes.
            var opened = its.Workspaces * (1 - Math.Pow(1 - (arrived / its.People), its.PeoplePerWorkspace));
            var newlyOpened = Math.Max(0, opened - openedWorkspaces);
            openedWorkspaces = Math.Max(openedWorkspaces, opened);

            web.Add((coming * Costs.WebAsk) + (requests * Costs.WebAsk));
            silos.Add((coming * Costs.SiloSignIn) + (requests * Costs.SiloAsk) + (Leases(requests) * Costs.SiloCall));
            storage.Add((coming * Costs.SignIn.Requests) + (newlyOpened * Costs.Workspace.Requests) + (its.InUse(arrived) / its.Authority));

            var wait = web.Wait + silos.Wait + storage.Wait;
            LongestSignIn = Math.Max(LongestSignIn, wait);
            if (storage.Wait > its.Authority)
            {
                AuthorityLost ??= second;
            }

            if (arrived >= its.People && wait < 1)
            {
                LastIn = second;
            }

            foreach (var part in Parts)
            {
                part.Serve(second);
            }
        }

        return this;
    }

    // A request needs a lease unless its silo asked for one of the same workspace within the last 10 s.
    private double Leases(double requestsPerSecond)
    {
        var pairs = its.Workspaces * Math.Min(its.Silos, its.PeoplePerWorkspace);
        var renewals = pairs / Installation.Lease;
        return pairs == 0 ? 0 : renewals * (1 - Math.Exp(-requestsPerSecond / renewals));
    }
}

/// <summary>A part of an installation that does one thing after the other, at most so much in a second.</summary>
internal sealed class Part(string name, double perSecond)
{
    private double waiting;
    private double added;

    public string Name => name;

    /// <summary>How long new work waits until it is done, in seconds.</summary>
    public double Wait => waiting / perSecond;

    /// <summary>The most that arrived in a second, as a share of what it can do.</summary>
    public double Busiest { get; private set; }

    /// <summary>The first second in which more arrived than it can do; null if never.</summary>
    public int? FullAt { get; private set; }

    public void Add(double work)
    {
        waiting += work;
        added = work;
    }

    public void Serve(int second)
    {
        Busiest = Math.Max(Busiest, added / perSecond);
        if (added > perSecond)
        {
            FullAt ??= second;
        }

        waiting = Math.Max(0, waiting - perSecond);
    }
}
