using System.Text.RegularExpressions;

namespace EngageCenter.House.Tests;

/// <summary>Tests that every test that docs/understand/security.md names for a threat exists.</summary>
public partial class SecurityTests
{
    [Fact]
    public void Every_test_that_the_threat_model_names_exists()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Method().Matches(File.ReadAllText(file)).Select(m => m.Groups["name"].Value))
            .ToHashSet();
        var named = Named().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "understand", "security.md"))).Select(m => m.Groups["name"].Value).Distinct().ToList();

        Assert.NotEmpty(named);
        Assert.DoesNotContain(named, name => !tests.Contains(name));
    }

    // A test's name is a sentence: words joined by underscores.
    [GeneratedRegex("`(?<name>[A-Z][A-Za-z0-9]*(_[A-Za-z0-9]+)+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Named();

    [GeneratedRegex(@"\[(Fact|Theory)[^\n]*\n(\s*\[[^\n]*\n)*\s*public (async )?(Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture)]
    private static partial Regex Method();
}
