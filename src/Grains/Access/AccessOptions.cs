namespace EngageCenter.Access;

/// <summary>Configuration section <c>Access</c>.</summary>
public sealed class AccessOptions
{
    public const string Section = "Access";

    public static readonly TimeSpan MinLease = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan MaxLease = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a silo may decide by a copy of a policy before it asks the workspace again. It bounds the wait of a
    /// revocation for a silo that does not answer. Default 10 s, range 1 s to 1 min.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);
}
