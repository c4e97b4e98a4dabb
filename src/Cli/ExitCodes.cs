namespace EngageCenter.Cli;

/// <summary>How a command ends. docs/use/cli.md lists them.</summary>
internal static class ExitCodes
{
    /// <summary>The command succeeded. For a question: the answer is yes.</summary>
    public const int Ok = 0;

    /// <summary>The answer is no: not allowed, refused by the service, or refused in part.</summary>
    public const int No = 1;

    /// <summary>The command or a file is invalid. The part of an import or of a list of agreements before the error may be done.</summary>
    public const int Wrong = 2;

    /// <summary>Nobody is signed in, or the sign-in has expired.</summary>
    public const int SignIn = 3;

    /// <summary>The service cannot be reached or is too busy. The command may be repeated.</summary>
    public const int Unavailable = 4;

    /// <summary>Ctrl+C.</summary>
    public const int Interrupted = 130;

    /// <summary>The reader of the output has closed it, like <c>| head</c>. Shells use this code for a program that SIGPIPE ended.</summary>
    public const int Unread = 141;
}

/// <summary>Ends a command early. The message says what happened and what to do.</summary>
internal sealed class EngageException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;

    public static EngageException Wrong(string message, Exception? inner = null) => new(ExitCodes.Wrong, message, inner);

    public static EngageException NoSignIn(string message, Exception? inner = null) => new(ExitCodes.SignIn, message, inner);
}
