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
    public static IReadOnlyList<string> Names { get; } = ["execute_all", "deny_on_first_deny", "permit_on_first_permit"];

    /// <param name="name">Null for what counts where nothing is said.</param>
    public static bool TryParse(string? name, out Semantic semantic)
    {
        var index = name is null ? 0 : ((List<string>)[.. Names]).IndexOf(name);
        semantic = (Semantic)index;
        return index >= 0;
    }

    /// <summary>Whether the batch ends with this decision.</summary>
    public static bool EndsWith(this Semantic semantic, bool decision) =>
        semantic switch
        {
            Semantic.DenyOnFirstDeny => !decision,
            Semantic.PermitOnFirstPermit => decision,
            _ => false,
        };
}
