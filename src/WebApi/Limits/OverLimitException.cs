using System.Collections.Immutable;
using EngageCenter.WebApi.Errors;

namespace EngageCenter.WebApi.Limits;

/// <summary>Ends a request that needs more than there is, or more than its caller may have.</summary>
internal sealed class OverLimitException(Problem problem, string? detail = null, params ImmutableArray<(string Name, object? Value)> members)
    : RefusedException(problem, detail, members)
{
    /// <param name="of">What there is no more of, such as "requests".</param>
    public static OverLimitException Of(Scope scope, string of) => scope switch
    {
        Scope.Caller => new(Problems.TooManyRequests, $"The caller has as many {of} at once as it may have on this node. Repeating the request is safe."),
        Scope.Tenant => new(Problems.ServiceUnavailable, $"This node has as many {of} at once as it may have for the caller's tenant. Repeating the request is safe."),
        _ => new(Problems.ServiceUnavailable, $"This node has as many {of} at once as it may have. Repeating the request is safe."),
    };
}
