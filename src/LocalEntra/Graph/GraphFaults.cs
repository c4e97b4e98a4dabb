using System.Text.Json;
using System.Text.Json.Serialization;

namespace EngageCenter.LocalEntra.Graph;

[JsonConverter(typeof(JsonStringEnumConverter<FaultKind>))]
internal enum FaultKind
{
    /// <summary>Answers <c>status</c> with <c>retryAfter</c>, if there is one, as the header.</summary>
    Refuse,

    /// <summary>Answers a delta link with 410 and the address to begin anew.</summary>
    ExpiredDelta,

    /// <summary>Answers a next link as one that has expired.</summary>
    ExpiredPage,

    /// <summary>Answers after <c>delay</c>.</summary>
    Slow,

    /// <summary>Does not answer until the faults change; after 10 minutes the connection ends.</summary>
    Silent,

    /// <summary>Sends half of the body, and closes the connection.</summary>
    Half,

    /// <summary>Puts no more than <c>pageSize</c> entries on a page.</summary>
    SmallPages,
}

/// <param name="Path">What the path and query contain of the requests that it is for; null for all.</param>
/// <param name="Times">How many requests get it; null for all.</param>
internal sealed record Fault(FaultKind Kind, string? Path, int? Times, int? Status, string? RetryAfter, string? Code, TimeSpan? Delay, int? PageSize)
{
    private int applied;

    /// <summary>How many requests had it.</summary>
    public int Applied => applied;

    public bool TryTake()
    {
        if (Times is not { } times)
        {
            Interlocked.Increment(ref applied);
            return true;
        }

        for (var seen = applied; seen < times; seen = applied)
        {
            if (Interlocked.CompareExchange(ref applied, seen + 1, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What goes wrong with Graph, on demand: the first fault that is for a request happens to it.</summary>
internal sealed class GraphFaults
{
    public const int MaxFaults = 100;

    /// <summary>Characters of a path, header or code.</summary>
    public const int MaxText = 256;

    /// <summary>Of a delay; and how long a silent answer lasts.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(10);

    private static readonly JsonSerializerOptions format = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private volatile State state = new([]);
    private long requests;

    /// <summary>The greatest number of entries on a page.</summary>
    public int PageSize => state.Faults.Where(fault => fault.Kind == FaultKind.SmallPages).Select(fault => fault.PageSize!.Value).DefaultIfEmpty(int.MaxValue).Min();

    public object View() => new { requests = Interlocked.Read(ref requests), faults = state.Faults };

    /// <returns>Why the faults cannot be taken, or null: they are the ones from now on, and whoever waits because of an earlier one is let go.</returns>
    public string? Replace(JsonDocument body)
    {
        Faults? given;
        try
        {
            given = body.Deserialize<Faults>(format);
        }
        catch (JsonException malformed)
        {
            return malformed.Message;
        }

        var faults = given?.List ?? [];
        if (faults.Count > MaxFaults)
        {
            return $"'faults' has {faults.Count} items; {MaxFaults} are allowed.";
        }

        for (var i = 0; i < faults.Count; i++)
        {
            if (Check(faults[i]) is { } wrong)
            {
                return $"faults[{i}]: {wrong}";
            }
        }

        Set(faults);
        return null;
    }

    public void Clear() => Set([]);

    /// <summary>What happens to a request, if anything, and what is completed when the faults change.</summary>
    public (Fault? Fault, Task Changed) Next(HttpRequest request)
    {
        Interlocked.Increment(ref requests);
        var now = state;
        var address = $"{request.Path}{Uri.UnescapeDataString(request.QueryString.Value ?? "")}";
        var fault = now.Faults.FirstOrDefault(fault =>
            (fault.Path is null || address.Contains(fault.Path, StringComparison.OrdinalIgnoreCase)) && IsFor(fault.Kind, request.Query) && fault.TryTake());
        return (fault, now.Changed.Task);
    }

    private static bool IsFor(FaultKind kind, IQueryCollection query) => kind switch
    {
        FaultKind.SmallPages => false,
        FaultKind.ExpiredDelta => query["$deltatoken"] is [{ Length: > 0 }],
        FaultKind.ExpiredPage => query["$skiptoken"] is [{ Length: > 0 }],
        _ => true,
    };

    private static string? Check(Fault? fault) => fault switch
    {
        null => "is null.",
        { Kind: FaultKind.Refuse, Status: not (>= 400 and <= 599) } => "'status' must be from 400 to 599.",
        { Kind: FaultKind.Slow, Delay: null } => "'delay' is required.",
        { Kind: FaultKind.SmallPages, PageSize: not (>= 1 and <= Paging.MaxTop) } => $"'pageSize' must be from 1 to {Paging.MaxTop}.",
        { Times: < 1 } => "'times' must be at least 1.",
        { Delay: { } delay } when delay <= TimeSpan.Zero || delay > MaxDelay => $"'delay' must be positive and at most {MaxDelay}.",
        _ => new[] { fault.Path, fault.RetryAfter, fault.Code }.Any(text => text is not null && (text.Length > MaxText || !text.All(c => c is >= ' ' and <= '~')))
            ? $"a text must have at most {MaxText} characters of printable ASCII."
            : null,
    };

    private void Set(IReadOnlyList<Fault> faults)
    {
        var before = Interlocked.Exchange(ref state, new State(faults));
        before.Changed.SetResult();
    }

    private sealed record Faults([property: JsonPropertyName("faults")] IReadOnlyList<Fault>? List);

    private sealed record State(IReadOnlyList<Fault> Faults)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
