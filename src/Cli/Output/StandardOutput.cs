using Microsoft.Win32.SafeHandles;

namespace EngageCenter.Cli.Output;

/// <summary>Writes to the standard output. A pipe that nobody reads any more ends the command; Console would go on for nobody.</summary>
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

        // A file stays with Console: a stream of its own would not move the place where the next program goes on in the file.
        var pipe = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.Out : TextWriter.Synchronized(new StreamWriter(pipe, Console.Out.Encoding) { AutoFlush = true });
    }

    /// <summary>Whether a write has failed since the other end of the pipe is closed.</summary>
    public static bool IsClosed(IOException fault) => fault.HResult == BrokenPipe && !OperatingSystem.IsWindows();
}
