namespace EngageCenter.LoadTests;

/// <summary>A kind of use of the service, which is repeated.</summary>
/// <param name="Next">Chooses the next operation. Called from many threads, each with its own random source.</param>
internal sealed record Scenario(string Name, Func<Random, Operation> Next);

/// <summary>One operation.</summary>
/// <param name="Kind">The kind under which it is counted.</param>
/// <param name="Act">The timed part. Throws if the answer is not the expected one.</param>
/// <param name="Confirm">Checks what must hold after the operation succeeded. Not timed.</param>
/// <param name="Release">Called at the end of the operation, whatever its result.</param>
internal readonly record struct Operation(string Kind, Func<Task> Act, Func<Task>? Confirm = null, Action? Release = null);

/// <summary>The service gave a wrong answer. No option allows any of these.</summary>
public sealed class WrongAnswerException(string message) : Exception(message);

/// <summary>The service could not confirm the person's rights, which a web node answers with 503.</summary>
public sealed class UnconfirmedException() : Exception("The service could not confirm the person's rights.");
