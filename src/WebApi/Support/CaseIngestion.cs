using System.Collections.Immutable;
using EngageCenter.Support;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Requests;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Support;

/// <summary>
/// Takes case updates one by one, passes them on in batches, and counts the results. Holds at most one batch.
/// </summary>
internal sealed class CaseIngestion(ISupportGrain support, Actor caller)
{
    // A case has fewer fields. A response may list 1,000 rejected updates, so the errors of each are limited.
    private const int MaxErrors = 20;

    private const int MaxRejectedListed = 1_000;

    private static readonly CaseValidator rules = new();

    private readonly ImmutableArray<SupportCase>.Builder batch = ImmutableArray.CreateBuilder<SupportCase>(SupportCase.MaxBatch);
    private readonly List<RejectedCase> rejected = [];
    private int applied;
    private int ignored;
    private int rejectedCount;
    private int next;

    /// <summary>Whether no update waits in the batch and none was rejected.</summary>
    public bool IsEmpty => batch.Count == 0 && rejected.Count == 0;

    /// <summary>Adds an update. Returns null to continue, or the response that ends the request.</summary>
    public async ValueTask<IResult?> Add(CaseUpdate update)
    {
        if (Rejection(update, next++) is not { } rejection)
        {
            batch.Add(update.Case!.ToCase());
            return batch.Count == SupportCase.MaxBatch ? await Flush() : null;
        }

        rejectedCount++;
        if (rejected.Count < MaxRejectedListed)
        {
            rejected.Add(rejection);
        }

        return null;
    }

    /// <summary>Returns the errors of an update; null if it is valid.</summary>
    public static RejectedCase? Rejection(CaseUpdate update, int index)
    {
        var errors = new RequestErrors(MaxErrors);
        if (update.Fault is { } fault)
        {
            errors.Add(fault);
            return new(index, update.CaseId, errors.ToDictionary());
        }

        errors.Add(rules.Validate(update.Case!));
        return errors.Any ? new(index, errors.Has("caseId") ? null : update.Case!.CaseId, errors.ToDictionary()) : null;
    }

    /// <summary>Passes the last batch on and returns the response.</summary>
    public async Task<IResult> Complete() =>
        await Flush() ?? TypedResults.Ok(new PostCasesResponse(applied, ignored, rejected, rejectedCount));

    /// <summary>
    /// Ends a stream that broke off or exceeded a limit: passes the last batch on and returns a problem that says how far it
    /// was read.
    /// </summary>
    /// <param name="line">The last line that was read.</param>
    public async Task<IResult> BreakOff(BadHttpRequestException fault, long line)
    {
        if (await Flush() is { } refused)
        {
            return refused;
        }

        // The exception's message may quote the request, so only our own messages are returned.
        var problem = (fault as RefusedException)?.Problem ?? Problems.Of(fault.StatusCode);
        var why = fault is RefusedException ? fault.Message : problem == Problems.InvalidRequest ? "The body broke off or cannot be read." : problem.Detail;
        var detail = $"{why} This happened after line {line}. The lines before it were processed, and it is safe to send all of them again.";
        (string, object?)[] errors = problem == Problems.InvalidRequest
            ? [("errors", new Dictionary<string, string[]> { [RequestErrors.Body] = [detail] })]
            : [];
        return problem.Answer(detail, [.. errors, ("line", line), .. SoFar()]);
    }

    private async ValueTask<IResult?> Flush()
    {
        if (batch.Count == 0)
        {
            return null;
        }

        var updates = batch.ToImmutable();
        batch.Clear();
        try
        {
            var outcome = await support.Ingest(updates, caller);
            switch (outcome.Status)
            {
                case IngestStatus.Applied:
                    applied += outcome.Applied;
                    ignored += outcome.Ignored;
                    return null;
                case IngestStatus.WorkspaceNotFound:
                    return Problems.WorkspaceNotFound.Answer();
                case IngestStatus.TooManyCases:
                    return Problems.TooManyCases.Answer(null, SoFar());
                default:
                    throw new NotSupportedException($"No answer for {outcome.Status}.");
            }
        }
        catch (Exception fault) when (Faults.IsUnavailable(fault))
        {
            return Problems.ServiceUnavailable.Answer("Part of the request may have been applied. It is safe to repeat the whole request.", SoFar());
        }
    }

    private (string Name, object? Value)[] SoFar() =>
        [("applied", applied), ("ignored", ignored), ("rejected", rejected), ("rejectedCount", rejectedCount)];
}
