namespace EngageCenter.Access;

/// <summary>Configuration section <c>Access</c>.</summary>
public sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>
    /// How long a silo may decide by its copy of a policy before it asks the workspace again. This is also the longest that a
    /// revocation waits for a silo that does not answer. Default 10 s, range 1 s to 1 min.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a workspace may grant leases after storage last confirmed that it is the owner. After a silo was lost, the first
    /// change of a workspace waits at most this time plus <see cref="Lease"/>. The shorter it is, the more often a workspace in
    /// use reads its row. Default 20 s, range 1 s to 5 min.
    /// </summary>
    public TimeSpan Authority { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The longest that a change may have to wait. If it could be longer, the change is refused before it starts. It must be less
    /// than the response timeout of a grain call, 30 s. Default 25 s, at least the lease.
    /// </summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// Whether this silo lends decisions to web nodes that keep them (<c>WebApi:Decisions:Max</c>). Default true. It lends only while
    /// every silo of the cluster does. A silo that does not lend, or is of an earlier release, does not wait for decisions that
    /// another silo lent.
    /// </summary>
    public bool LendsDecisions { get; set; } = true;

    internal bool IsInRange =>
        Lease >= TimeSpan.FromSeconds(1) && Lease <= TimeSpan.FromMinutes(1)
        && Authority >= TimeSpan.FromSeconds(1) && Authority <= TimeSpan.FromMinutes(5)
        && Patience >= Lease && Patience < TimeSpan.FromSeconds(30);
}
