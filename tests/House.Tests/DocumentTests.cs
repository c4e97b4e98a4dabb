using System.Text.RegularExpressions;

namespace EngageCenter.House.Tests;

public partial class DocumentTests
{
    public static TheoryData<string> Documents() => [.. Pages()];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_lead_somewhere(string document)
    {
        var file = Path.Combine(Repository.Root, document);
        var broken = Link().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value)
            .Where(l => !l.Contains("://", StringComparison.Ordinal) && !l.StartsWith('#'))
            .Where(l => !Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, l.Split('#')[0])));

        Assert.Empty(broken);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_to_a_heading_lead_to_one_that_is_there(string document)
    {
        var file = Path.Combine(Repository.Root, document);
        var broken = Link().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value)
            .Where(l => !l.Contains("://", StringComparison.Ordinal) && l.Contains('#', StringComparison.Ordinal))
            .Where(l => Headings(l.StartsWith('#') ? file : Path.Combine(Path.GetDirectoryName(file)!, l.Split('#')[0])) is { } headings
                && !headings.Contains(l.Split('#')[1]));

        Assert.Empty(broken);
    }

    [Fact]
    public void Architecture_page_names_existing_files()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "ARCHITECTURE.md"));
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(f => f.Replace('\\', '/')).ToList();
        var names = SourceFile().Matches(text).Select(m => m.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, n => !sources.Any(s => s.EndsWith("/" + n, StringComparison.Ordinal)));
    }

    internal static IEnumerable<string> Pages() => Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
        .Where(f => !f.Split('/').Any(folder => folder is "bin" or "obj" or "node_modules"));

    /// <summary>The anchors of a page, as the sites that show Markdown make them; null for another file.</summary>
    private static HashSet<string>? Headings(string page) => page.EndsWith(".md", StringComparison.Ordinal) && File.Exists(page)
        ? [.. Heading().Matches(Code().Replace(File.ReadAllText(page), "")).Select(m => Anchor(m.Groups[1].Value))]
        : null;

    private static string Anchor(string heading) => NotInAnchor().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`([\w./]+\.cs)`")]
    private static partial Regex SourceFile();
}
