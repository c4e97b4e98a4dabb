namespace EngageCenter.Storage;

/// <summary>Rows as releases wrote them, one of each kind, in <c>tests/Shared/Rows/v{format}</c>. Rows are only added, never changed.</summary>
internal static class CheckedInRows
{
    /// <summary>Format 0 is that of releases that wrote no version.</summary>
    public static readonly int[] Formats = [0, 1];

    public static string FileOf(int format, StoredRowKind kind)
    {
        var name = kind.Name.EndsWith("-head", StringComparison.Ordinal) ? "head"
            : kind.Name.EndsWith("-end", StringComparison.Ordinal) ? "end"
            : kind.Name.StartsWith("recommendations-", StringComparison.Ordinal) ? "recommendations-SqlServer"
            : kind.Name;
        return Path.Combine(Repository.Root, "tests", "Shared", "Rows", $"v{format}", $"{name}.json");
    }

    public static string Read(int format, StoredRowKind kind) => File.ReadAllText(FileOf(format, kind));
}
