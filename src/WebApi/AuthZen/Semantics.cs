namespace EngageCenter.WebApi.AuthZen;

/// <summary>When a batch of evaluations ends.</summary>
internal enum Semantic
{
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

internal static class Semantics
{
    public const string Message = "Must be one of execute_all, deny_on_first_deny, permit_on_first_permit.";

    /// <param name="name">Null for what counts where nothing is said.</param>
    /// <returns>Null for a name of none.</returns>
    public static Semantic? Of(string? name) => name switch
    {
        null or "execute_all" => Semantic.ExecuteAll,
        "deny_on_first_deny" => Semantic.DenyOnFirstDeny,
        "permit_on_first_permit" => Semantic.PermitOnFirstPermit,
        _ => null,
    };

    /// <summary>Whether the batch ends with this decision.</summary>
    public static bool EndsWith(this Semantic semantic, bool decision) =>
        semantic switch
        {
            Semantic.DenyOnFirstDeny => !decision,
            Semantic.PermitOnFirstPermit => decision,
            _ => false,
        };
}
