using EngageCenter.Cli.Output;

namespace EngageCenter.Cli.Session;

/// <summary>A file that only its owner may read, in a folder that only its owner may open.</summary>
internal static class OwnerFile
{
    /// <summary>Reads the file.</summary>
    /// <returns>Null if it does not exist.</returns>
    public static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Writes a temporary file and moves it into place, so that nobody reads an incomplete file.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        CreateFolder(Path.GetDirectoryName(path)!);
        var aside = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (var file = new FileStream(aside, Options(FileMode.CreateNew)))
            {
                file.Write(content);
            }

            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    public static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    /// <summary>Creates a folder that only its owner may open.</summary>
    /// <exception cref="EngageException">The folder cannot be created.</exception>
    public static void CreateFolder(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                // Windows already protects the folder of a person's profile.
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw EngageException.Wrong($"The folder '{Clean.Line(path)}' cannot be made. Set ENGAGE_HOME to a folder that you may write to.", refused);
        }
    }
}
