using Microsoft.Win32.SafeHandles;

namespace EngageCenter.Cli.Output;

/// <summary>Writes to the standard output. A closed pipe ends the command, whereas Console would ignore it.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;
    private const int BrokenPipe = 32;

    public static TextWriter Open()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return Console.Out;
        }

        // Console writes to a file, because a separate stream would not move the position at which the next program continues.
        var pipe = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.Out : TextWriter.Synchronized(new StreamWriter(pipe, Console.Out.Encoding) { AutoFlush = true });
    }

    /// <summary>Whether a write failed because the other end of the pipe is closed.</summary>
    public static bool IsClosed(IOException fault) => fault.HResult == BrokenPipe && !OperatingSystem.IsWindows();
}
