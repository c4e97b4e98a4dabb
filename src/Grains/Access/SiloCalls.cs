namespace EngageCenter.Access;

/// <summary>
/// Keeps calls between grains within the silos. A call from outside, by a web node or by anybody who knows the name of an
/// interface, is refused if the interface is ours and not public. Otherwise a client could lease a policy with its
/// <see cref="DecisionKey"/>, or set up a workspace with contacts of its own.
/// </summary>
/// <remarks>The client library sets the name of the sender. Somebody who speaks the protocol without the library can send another name, but then gets no answer.</remarks>
internal sealed class SiloCalls : IIncomingGrainCallFilter
{
    // Orleans' name for the client within a silo, which asks for policies outside of any grain's turn.
    private static ReadOnlySpan<byte> WithinSilo => "hosted-"u8;

    public Task Invoke(IIncomingGrainCallContext context)
    {
        var called = context.Request.GetInterfaceType();

        // Orleans' own non-public interfaces are not checked: clients need some of them.
        var isForSilos = called.IsPublic ? called == typeof(IRemindable) : called.Assembly == typeof(SiloCalls).Assembly;
        return !isForSilos || context.SourceId is { } source && IsSilo(source)
            ? context.Invoke()
            : throw new UnauthorizedAccessException($"Only a silo may call {called.Name}.");
    }

    private static bool IsSilo(GrainId source) => !source.IsClient() || source.Key.AsSpan().StartsWith(WithinSilo);
}
