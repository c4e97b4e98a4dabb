namespace EngageCenter.Access;

/// <summary>
/// Keeps what grains say to each other among silos: an interface of ours that is not public is refused to a client from
/// outside, be it a web node or somebody who knows the interface's name. Otherwise a client could lease a policy with its
/// <see cref="DecisionKey"/>, or provision a workspace with contacts of its own.
/// </summary>
/// <remarks>The name of the sender is the client library's. Whoever speaks the protocol themselves can write another one, and then gets no answer.</remarks>
internal sealed class SiloCalls : IIncomingGrainCallFilter
{
    // The client within a silo, as Orleans names it: by it a policy is asked for outside of any grain's turn.
    private static ReadOnlySpan<byte> WithinSilo => "hosted-"u8;

    public Task Invoke(IIncomingGrainCallContext context)
    {
        var called = context.Request.GetInterfaceType();

        // Orleans' own interfaces that are not public are not ours to judge: clients need some of them.
        var isForSilos = called.IsPublic ? called == typeof(IRemindable) : called.Assembly == typeof(SiloCalls).Assembly;
        return !isForSilos || context.SourceId is { } source && IsSilo(source)
            ? context.Invoke()
            : throw new UnauthorizedAccessException($"Only a silo may call {called.Name}.");
    }

    private static bool IsSilo(GrainId source) => !source.IsClient() || source.Key.AsSpan().StartsWith(WithinSilo);
}
