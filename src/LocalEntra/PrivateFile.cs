namespace EngageCenter.LocalEntra;

/// <summary>Writes a file with a secret that only its owner can read.</summary>
internal static class PrivateFile
{
    /// <summary>
    /// Writes the file unless it exists. It is written under another name and then moved, so that a crash or a second
    /// process never leaves or reads an incomplete file.
    /// </summary>
    /// <param name="replace">Whether to replace an existing file.</param>
    public static void Write(string path, string content, bool replace = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var aside = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            WriteNew(aside, content);
            File.Move(aside, path, replace);
        }
        catch (IOException) when (!replace && File.Exists(path))
        {
            // Another process was first; its file is used.
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private static void WriteNew(string path, string content)
    {
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, create);
        using (var writer = new StreamWriter(file, leaveOpen: true))
        {
            writer.WriteLine(content);
        }

        file.Flush(flushToDisk: true);
    }
}
