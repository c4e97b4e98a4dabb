using System.Collections.Immutable;

namespace EngageCenter.Storage;

/// <summary>A state with one property of each kind that grains store, with defaults that are easy to lose.</summary>
public sealed record Note
{
    public string Text { get; init; } = "";

    public bool Open { get; init; } = true;

    public int Count { get; init; } = 7;

    public string? Remark { get; init; } = "none";

    public Mood Mood { get; init; } = Mood.Good;

    public DateTimeOffset At { get; init; }

    public TimeSpan? Took { get; init; }

    public Guid Id { get; init; }

    public ImmutableArray<Line> Lines { get; init; } = [];

    public ImmutableDictionary<string, Line> ByName { get; init; } = ImmutableDictionary<string, Line>.Empty;
}

public sealed record Line(string Text, decimal Amount, Mood Mood);

public enum Mood
{
    Bad,
    Good,
}
