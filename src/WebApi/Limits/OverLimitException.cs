using System.Collections.Immutable;
using EngageCenter.WebApi.Errors;

namespace EngageCenter.WebApi.Limits;

/// <summary>Ends a request that needs more than is free, or more than its caller may use.</summary>
internal sealed class OverLimitException(Problem problem, string? detail = null, params ImmutableArray<(string Name, object? Value)> members)
    : RefusedException(problem, detail, members)
{
    /// <param name="of">What is used up, such as "requests".</param>
    public static OverLimitException Of(Scope scope, string of) => scope switch
    {
        Scope.Caller => new(Problems.TooManyRequests, $"The caller already uses its maximum of concurrent {of} on this node. It is safe to repeat the request."),
        Scope.Tenant => new(Problems.ServiceUnavailable, $"The caller's tenant already uses its maximum of concurrent {of} on this node. It is safe to repeat the request."),
        _ => new(Problems.ServiceUnavailable, $"This node has reached its maximum of concurrent {of}. It is safe to repeat the request."),
    };
}
