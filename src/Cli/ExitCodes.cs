namespace EngageCenter.Cli;

/// <summary>How a command ends. docs/use/cli.md lists them.</summary>
internal static class ExitCodes
{
    /// <summary>Done; and of a question, the answer is yes.</summary>
    public const int Ok = 0;

    /// <summary>The answer is no: not allowed, refused by the service, or refused in part.</summary>
    public const int No = 1;

    /// <summary>The command, or a file that it was given, is not right. Of an import or a list of agreements, what came before may be done.</summary>
    public const int Wrong = 2;

    /// <summary>Nobody is signed in, or not any more.</summary>
    public const int SignIn = 3;

    /// <summary>The service could not be reached, or is too busy. Doing it again is safe.</summary>
    public const int Unavailable = 4;

    /// <summary>Ctrl+C.</summary>
    public const int Interrupted = 130;

    /// <summary>Nobody reads the output any more, as after <c>| head</c>. It is what a shell says of a program that SIGPIPE ended.</summary>
    public const int Unread = 141;
}

/// <summary>A command ends early: what happened, and what to do.</summary>
internal sealed class EngageException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;

    public static EngageException Wrong(string message, Exception? inner = null) => new(ExitCodes.Wrong, message, inner);

    public static EngageException NoSignIn(string message, Exception? inner = null) => new(ExitCodes.SignIn, message, inner);
}
