namespace EngageCenter.LoadTests;

/// <summary>What people want of the service, over and over.</summary>
/// <param name="Next">Chooses the next operation. Called from many threads, each with a source of its own.</param>
internal sealed record Scenario(string Name, Func<Random, Operation> Next);

/// <summary>One thing to do.</summary>
/// <param name="Kind">Under which it is counted.</param>
/// <param name="Act">What is timed. Throws where the answer is not the one that has to come.</param>
/// <param name="Confirm">What has to hold after it has ended well, and is not timed.</param>
/// <param name="Release">Called once all of it is over, however it ended.</param>
internal readonly record struct Operation(string Kind, Func<Task> Act, Func<Task>? Confirm = null, Action? Release = null);

/// <summary>The service answered, and not what it has to answer. No number of these is allowed.</summary>
public sealed class WrongAnswerException(string message) : Exception(message);

/// <summary>The service could not tell whether the person may: a web node answers 503.</summary>
public sealed class UnconfirmedException() : Exception("The service could not confirm the person's rights.");
