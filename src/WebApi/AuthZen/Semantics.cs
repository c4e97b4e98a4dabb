namespace EngageCenter.WebApi.AuthZen;

/// <summary>Says when the evaluation of a batch stops.</summary>
internal enum Semantic
{
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

internal static class Semantics
{
    public const string Message = "Must be one of execute_all, deny_on_first_deny, permit_on_first_permit.";

    /// <param name="name">The standard's name; null for the default.</param>
    /// <returns>Null for an unknown name.</returns>
    public static Semantic? Of(string? name) => name switch
    {
        null or "execute_all" => Semantic.ExecuteAll,
        "deny_on_first_deny" => Semantic.DenyOnFirstDeny,
        "permit_on_first_permit" => Semantic.PermitOnFirstPermit,
        _ => null,
    };

    /// <summary>Returns whether the batch stops after this decision.</summary>
    public static bool EndsWith(this Semantic semantic, bool decision) =>
        semantic switch
        {
            Semantic.DenyOnFirstDeny => !decision,
            Semantic.PermitOnFirstPermit => decision,
            _ => false,
        };
}
