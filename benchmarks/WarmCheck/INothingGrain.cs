using EngageCenter.Access;
using EngageCenter.Users;
using Orleans.Concurrency;

namespace EngageCenter.WarmCheck;

/// <summary>What a call costs before its grain does anything. Keyed as a person's grain, and called as that one is.</summary>
[GrainInterfaceType("EngageCenter.WarmCheck.INothingGrain"), Alias("EngageCenter.WarmCheck.INothingGrain")]
public interface INothingGrain : IGrainWithStringKey
{
    /// <summary>Takes and returns what a check does.</summary>
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
