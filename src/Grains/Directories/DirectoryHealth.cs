namespace EngageCenter.Directories;

/// <summary>Whether a directory answers, by its last answer and refusal. Pure; times count from any one moment.</summary>
internal sealed record DirectoryHealth(TimeSpan? LastAnswer, TimeSpan? LastRefusal, string? Reason)
{
    /// <summary>A directory that answered so long ago is asked before somebody is told that it does.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>For so long a silent one is <see cref="DirectoryStatus.Delayed"/>.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static DirectoryHealth Unknown { get; } = new(null, null, null);

    public static DirectoryHealth Answered(TimeSpan now) => new(now, null, null);

    /// <param name="reason">In words for an administrator.</param>
    public DirectoryHealth Refused(TimeSpan now, string reason) => this with { LastRefusal = now, Reason = reason };

    public bool IsStale(TimeSpan now) => now - (LastRefusal ?? LastAnswer) is not { } since || since >= Fresh;

    /// <param name="time">The same moment as <paramref name="now"/>.</param>
    public DirectoryState State(TimeSpan now, DateTimeOffset time)
    {
        var silence = now - LastAnswer;
        var answered = time - silence;
        return LastRefusal is null && silence is not null ? new(DirectoryStatus.Connected, answered)
            : new(silence < Patience ? DirectoryStatus.Delayed : DirectoryStatus.Failed, answered, silence, Reason ?? "The directory has not been asked yet.");
    }
}
