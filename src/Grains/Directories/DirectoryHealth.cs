namespace EngageCenter.Directories;

/// <summary>Whether a directory answers, by its last answer and its last refusal. It has no side effects; times count from any fixed moment.</summary>
internal sealed record DirectoryHealth(TimeSpan? LastAnswer, TimeSpan? LastRefusal, string? Reason)
{
    /// <summary>If the last answer is older than this, the directory is asked before its state is returned.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>How long a directory that does not answer is <see cref="DirectoryStatus.Delayed"/> before it counts as failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static DirectoryHealth Unknown { get; } = new(null, null, null);

    public static DirectoryHealth Answered(TimeSpan now) => new(now, null, null);

    /// <param name="reason">The reason in words for an administrator.</param>
    public DirectoryHealth Refused(TimeSpan now, string reason) => this with { LastRefusal = now, Reason = reason };

    public bool IsStale(TimeSpan now) => now - (LastRefusal ?? LastAnswer) is not { } since || since >= Fresh;

    /// <param name="time">The same moment as <paramref name="now"/>, as a date and time.</param>
    public DirectoryState State(TimeSpan now, DateTimeOffset time)
    {
        var silence = now - LastAnswer;
        var answered = time - silence;
        return LastRefusal is null && silence is not null ? new(DirectoryStatus.Connected, answered)
            : new(silence < Patience ? DirectoryStatus.Delayed : DirectoryStatus.Failed, answered, silence, Reason ?? "The directory has not been asked yet.");
    }
}
