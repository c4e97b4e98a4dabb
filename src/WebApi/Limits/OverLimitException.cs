using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Ends a request while its body is read, whoever reads it. The framework's own readers of a body answer with the status
/// of this exception; <see cref="Faults"/> answers with the problem.
/// </summary>
internal sealed class OverLimitException(Problem problem, string? detail = null)
    : BadHttpRequestException(detail ?? problem.Detail, problem.Status)
{
    public IResult Answer() => problem.Answer(Message);

    /// <param name="of">What there is no more of, such as "requests".</param>
    public static OverLimitException Of(Scope scope, string of) => scope switch
    {
        Scope.Caller => new(Problems.TooManyRequests, $"The caller has as many {of} at once as it may have on this node. Repeating the request is safe."),
        Scope.Tenant => new(Problems.ServiceUnavailable, $"This node has as many {of} at once as it may have for the caller's tenant. Repeating the request is safe."),
        _ => new(Problems.ServiceUnavailable, $"This node has as many {of} at once as it may have. Repeating the request is safe."),
    };
}
