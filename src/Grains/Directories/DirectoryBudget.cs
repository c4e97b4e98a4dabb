namespace EngageCenter.Directories;

/// <summary>
/// Decides when a tenant's directory may be asked: at most <see cref="MaxPerPeriod"/> requests in ten seconds and
/// <see cref="MaxAtOnce"/> at the same time. If the directory asks for a pause, not before its end; after failures, not before a
/// pause that doubles with each. It has no side effects; times count from any fixed moment.
/// </summary>
/// <param name="Number">The number of the period in which <paramref name="Spent"/> requests were begun.</param>
/// <param name="Spent">Requests that were begun in that period.</param>
/// <param name="UnderWay">Requests that were begun and have not ended.</param>
/// <param name="Failures">Failures in a row since the last success.</param>
/// <param name="Until">No request may begin before this time.</param>
internal sealed record DirectoryBudget(long Number, int Spent, int UnderWay, int Failures, TimeSpan Until)
{
    /// <summary>
    /// The most requests in a <see cref="Period"/>. Graph allows an application 8,000 units in that time in a tenant of more than
    /// 500 people. A question about a person's groups costs 2 units. Smaller tenants have fewer units (3,500 or 5,000), but also
    /// at most 500 people to ask about.
    /// </summary>
    public const int MaxPerPeriod = 3_500;

    public const int MaxAtOnce = 48;

    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after failures in a row. Each failure doubles the pause.</summary>
    public static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause that a directory can ask for. If it asks for a longer one, it is asked once after this time and can repeat that.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public static DirectoryBudget Full { get; } = new(0, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Begins a request.</summary>
    /// <param name="wait">Null if the request may be sent now; otherwise the least time to wait.</param>
    public DirectoryBudget Begin(TimeSpan now, out TimeSpan? wait)
    {
        var number = now.Ticks / Period.Ticks;
        var spent = number == Number ? Spent : 0;
        wait = now < Until ? Until - now
            : spent >= MaxPerPeriod ? (Period * (number + 1)) - now

            // After a failure only one request is sent, to find out whether the directory answers again.
            : UnderWay >= (Failures > 0 ? 1 : MaxAtOnce) ? ShortestPause
            : null;
        return wait is null ? this with { Number = number, Spent = spent + 1, UnderWay = UnderWay + 1 } : this;
    }

    public DirectoryBudget Succeeded() => this with { UnderWay = UnderWay - 1, Failures = 0, Until = TimeSpan.Zero };

    /// <param name="retryAfter">The pause that the directory asked for, if any.</param>
    public DirectoryBudget Failed(TimeSpan now, TimeSpan? retryAfter)
    {
        var ended = this with { UnderWay = UnderWay - 1 };
        if (retryAfter is null && now < Until)
        {
            // This request began before another one failed, so it is the same failure.
            return ended;
        }

        var pause = retryAfter ?? (Failures > 5 ? LongestBackOff : ShortestPause * (1 << Failures));
        var until = now + TimeSpan.FromTicks(Math.Clamp(pause.Ticks, ShortestPause.Ticks, (retryAfter is null ? LongestBackOff : LongestPause).Ticks));
        return ended with { Failures = Failures + 1, Until = until > Until ? until : Until };
    }
}
