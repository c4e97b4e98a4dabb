namespace EngageCenter.Directories;

/// <summary>
/// Says when a tenant's directory may be asked: at most <see cref="MaxPerMinute"/> requests a minute and
/// <see cref="MaxAtOnce"/> at once, and not before the time that it asked for, or after a failure for ever longer. Pure; times
/// count from any one moment.
/// </summary>
/// <param name="Minute">The minute that <paramref name="Spent"/> is of.</param>
/// <param name="Spent">Requests that were begun in it.</param>
/// <param name="UnderWay">Requests that were begun and have not ended.</param>
/// <param name="Failures">Requests that failed since the last one that did not.</param>
/// <param name="Until">Not before.</param>
internal sealed record DirectoryBudget(long Minute, int Spent, int UnderWay, int Failures, TimeSpan Until)
{
    /// <summary>Requests in a minute. Graph allows an application more in the smallest tenant.</summary>
    public const int MaxPerMinute = 3_000;

    public const int MaxAtOnce = 16;

    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>After failures in a row, each of which doubles the pause.</summary>
    public static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    /// <summary>Where the directory asks for more it is asked once after that, and says so again.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public static DirectoryBudget Full { get; } = new(0, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Begins a request.</summary>
    /// <param name="wait">Null if it may be sent now; else how long to wait at least.</param>
    public DirectoryBudget Begin(TimeSpan now, out TimeSpan? wait)
    {
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        var spent = minute == Minute ? Spent : 0;
        wait = now < Until ? Until - now
            : spent >= MaxPerMinute ? TimeSpan.FromTicks((minute + 1) * TimeSpan.TicksPerMinute) - now

            // After a failure one finds out for all whether it is over.
            : UnderWay >= (Failures > 0 ? 1 : MaxAtOnce) ? ShortestPause
            : null;
        return wait is null ? this with { Minute = minute, Spent = spent + 1, UnderWay = UnderWay + 1 } : this;
    }

    public DirectoryBudget Succeeded() => this with { UnderWay = UnderWay - 1, Failures = 0, Until = TimeSpan.Zero };

    /// <param name="retryAfter">What the directory asked for, if it did.</param>
    public DirectoryBudget Failed(TimeSpan now, TimeSpan? retryAfter)
    {
        var ended = this with { UnderWay = UnderWay - 1 };
        if (retryAfter is null && now < Until)
        {
            // Begun before another one failed: the same failure, told again.
            return ended;
        }

        var pause = retryAfter ?? (Failures > 5 ? LongestBackOff : ShortestPause * (1 << Failures));
        var until = now + TimeSpan.FromTicks(Math.Clamp(pause.Ticks, ShortestPause.Ticks, (retryAfter is null ? LongestBackOff : LongestPause).Ticks));
        return ended with { Failures = Failures + 1, Until = until > Until ? until : Until };
    }
}
