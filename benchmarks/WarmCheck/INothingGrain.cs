using EngageCenter.Access;
using EngageCenter.Users;
using Orleans.Concurrency;

namespace EngageCenter.WarmCheck;

/// <summary>Measures the cost of a call to a grain that does nothing. Keyed and called like a person's grain.</summary>
[GrainInterfaceType("EngageCenter.WarmCheck.INothingGrain"), Alias("EngageCenter.WarmCheck.INothingGrain")]
public interface INothingGrain : IGrainWithStringKey
{
    /// <summary>Takes and returns the same types as a check.</summary>
    [Alias("Decide")]
    ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId);

    [Alias("Nothing")]
    ValueTask Nothing();
}

[GrainType("nothing"), Reentrant]
internal sealed class NothingGrain : Grain, INothingGrain
{
    public ValueTask<AccessDecision> Decide(SignIn signIn, string workspaceId) => default;

    public ValueTask Nothing() => default;
}
