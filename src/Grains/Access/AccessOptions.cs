namespace EngageCenter.Access;

/// <summary>Configuration section <c>Access</c>.</summary>
public sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>
    /// How long a silo may decide by a copy of a policy before it asks the workspace again. It bounds the wait of a
    /// revocation for a silo that does not answer. Default 10 s, range 1 s to 1 min.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a workspace may grant leases after storage last confirmed that it is the owner. With <see cref="Lease"/>
    /// it bounds the wait of the first change after a silo was lost; the shorter it is, the more often a workspace that
    /// is in use reads its row. Default 20 s, range 1 s to 5 min.
    /// </summary>
    public TimeSpan Authority { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// A change that might have to wait longer is refused before it starts. Below the response timeout of a grain call,
    /// 30 s. Default 25 s, at least the lease.
    /// </summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// Whether this silo lends decisions to web nodes that keep them (<c>WebApi:Decisions:Max</c>). Default true. It does so while every silo
    /// of the cluster does: one that does not, as one of an earlier release, does not wait for what another one has lent.
    /// </summary>
    public bool LendsDecisions { get; set; } = true;

    internal bool IsInRange =>
        Lease >= TimeSpan.FromSeconds(1) && Lease <= TimeSpan.FromMinutes(1)
        && Authority >= TimeSpan.FromSeconds(1) && Authority <= TimeSpan.FromMinutes(5)
        && Patience >= Lease && Patience < TimeSpan.FromSeconds(30);
}
