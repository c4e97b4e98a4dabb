namespace EngageCenter;

/// <summary>
/// Generated text that is checked in and reviewed. A test compares the two. With <c>APPROVE=1</c> in the environment it writes the
/// file instead, and fails so that nobody mistakes it for a passing test.
/// </summary>
internal static class Approved
{
    /// <param name="path">Relative to the repository's root, with <c>/</c>.</param>
    public static void Matches(string path, string actual)
    {
        var file = Path.Combine(Repository.Root, Path.Combine(path.Split('/')));
        if (Environment.GetEnvironmentVariable("APPROVE") == "1")
        {
            File.WriteAllText(file, actual);
            Assert.Fail($"{path} was written. Review it, and run again without APPROVE.");
        }

        Assert.True(File.Exists(file), $"{path} is missing. Run with APPROVE=1 to write it.");
        Assert.Equal(File.ReadAllText(file).ReplaceLineEndings("\n"), actual.ReplaceLineEndings("\n"));
    }
}
