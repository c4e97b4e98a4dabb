namespace EngageCenter.LocalEntra.Graph;

/// <summary>Lets the faults of <see cref="GraphFaults"/> happen to requests for Graph.</summary>
internal static class FaultyAnswers
{
    public static void UseGraphFaults(this IApplicationBuilder app) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/graph/v1.0"), graph => graph.Use(AnswerAsync));

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var (fault, changed) = context.RequestServices.GetRequiredService<GraphFaults>().Next(context.Request);
        var time = context.RequestServices.GetRequiredService<TimeProvider>();
        if (fault is null)
        {
            await next(context);
            return;
        }

        switch (fault.Kind)
        {
            case FaultKind.Slow:
                await WaitAsync(fault.Delay!.Value, time, changed, context.RequestAborted);
                await next(context);
                break;

            case FaultKind.Silent:
                if (await WaitAsync(GraphFaults.MaxDelay, time, changed, context.RequestAborted))
                {
                    await next(context);
                }
                else
                {
                    context.Abort();
                }

                break;

            case FaultKind.Half:
                await HalfAsync(context, next);
                break;

            case FaultKind.ExpiredPage:
                await GraphError.ExpiredPageToken().ToResult(context.Request, time.GetUtcNow()).ExecuteAsync(context);
                break;

            case FaultKind.ExpiredDelta:
                var (call, token) = (GraphCall.Of(context), context.Request.Query["$deltatoken"].ToString());
                await (GraphPeopleDelta.IsFor(context.Request) ? GraphPeopleDelta.Gone(call, PeopleDeltaState.Parse(token)) : GraphDelta.Gone(call, DeltaState.Parse(token))).ExecuteAsync(context);
                break;

            default:
                if (fault.RetryAfter is not null)
                {
                    context.Response.Headers.RetryAfter = fault.RetryAfter;
                }

                await GraphError.OnDemand(fault.Status!.Value, fault.Code).ToResult(context.Request, time.GetUtcNow()).ExecuteAsync(context);
                break;
        }
    }

    private static async Task HalfAsync(HttpContext context, RequestDelegate next)
    {
        var body = context.Response.Body;
        using var whole = new MemoryStream();
        context.Response.Body = whole;
        await next(context);
        context.Response.Body = body;

        // Content-Length announces more than is sent, so the server closes the connection.
        context.Response.ContentLength = whole.Length;
        await body.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length / 2), context.RequestAborted);
        await body.FlushAsync(context.RequestAborted);
    }

    /// <returns>True if the faults changed before the time was over.</returns>
    private static async Task<bool> WaitAsync(TimeSpan delay, TimeProvider time, Task changed, CancellationToken aborted)
    {
        // The fault is the delay itself, so the clock is waited for.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var first = await Task.WhenAny(changed, Task.Delay(delay, time, over.Token));
        await over.CancelAsync();
        return first == changed;
    }
}
