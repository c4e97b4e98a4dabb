using System.Collections.Immutable;

namespace EngageCenter.WebApi.Errors;

/// <summary>
/// Refuses a request while it is bound or its body is read, where no result can be returned. <see cref="Faults"/> turns it
/// into a problem response.
/// </summary>
internal class RefusedException(Problem problem, string? detail = null, params ImmutableArray<(string Name, object? Value)> members)
    : BadHttpRequestException(detail ?? problem.Detail, problem.Status)
{
    public Problem Problem => problem;

    public IResult Answer() => problem.Answer(Message, members.AsSpan());
}
