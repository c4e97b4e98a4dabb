using System.Text.RegularExpressions;

namespace EngageCenter.House.Tests;

/// <summary>Checks documents and comments against "How we write" in CONTRIBUTING.md, which alone may quote the phrases.</summary>
public partial class ProseTests
{
    private const int MaxLines = 250;

    /// <summary>Phrases that readers had to read twice, and what to write instead.</summary>
    private static readonly (string Phrase, string Instead)[] phrases =
    [
        ("to be had", "available"),
        ("can be had", "is available"),
        ("cannot be had", "is unavailable"),
        ("could not be had", "was unavailable"),
        ("is nobody's", "matches no resource"),
        ("of what is no", "for an unknown"),
        ("nothing else is said", "by default, or: the same answer"),
        ("one of a double's", "exact double representation"),
        ("is not there unless", "exists only if"),
        ("null where", "null if"),
        ("false where", "false if"),
        ("for want of", "because there is no"),
        ("keyed as it", "with the same key"),
        ("comes to be", "is created"),
    ];

    public static TheoryData<string> Pages() =>
        [.. DocumentTests.Pages().Where(p => p.StartsWith("docs/", StringComparison.Ordinal) && !p.EndsWith("README.md", StringComparison.Ordinal))];

    [Fact]
    public void Documents_and_comments_avoid_phrases_that_are_hard_to_read()
    {
        var found =
            (from file in DocumentTests.Pages().Where(p => p != "CONTRIBUTING.md").Concat(Sources())
             let isCode = file.EndsWith(".cs", StringComparison.Ordinal)
             from line in File.ReadLines(Path.Combine(Repository.Root, file)).Select((text, i) => (Number: i + 1, Text: isCode ? Comment().Match(text).Value : text))
             from phrase in phrases
             where Regex.IsMatch(line.Text, $@"\b{phrase.Phrase}\b", RegexOptions.IgnoreCase)
             select $"{file}:{line.Number} says '{phrase.Phrase}'. Write '{phrase.Instead}'.").ToList();

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_page_is_linked_from_an_index(string page)
    {
        var file = Path.Combine(Repository.Root, page);
        string[] indexes = [Path.Combine(Repository.Root, "docs", "README.md"), Path.Combine(Path.GetDirectoryName(file)!, "README.md")];

        Assert.Contains(indexes.Where(File.Exists), index => Link().Matches(File.ReadAllText(index))
            .Any(m => Path.GetFullPath(m.Groups[1].Value, Path.GetDirectoryName(index)!) == file));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_page_has_at_most_250_lines(string page) =>
        Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, page)).Count(), 1, MaxLines);

    private static IEnumerable<string> Sources() =>
        from folder in (string[])["src", "tests", "benchmarks"]
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')
        where !name.Split('/').Any(f => f is "bin" or "obj") && !name.EndsWith("/ProseTests.cs", StringComparison.Ordinal)
        select name;

    [GeneratedRegex("(?<!:)//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\]\(([^)\s#]+)[^)]*\)")]
    private static partial Regex Link();
}
