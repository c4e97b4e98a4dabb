using System.Collections;
using System.Resources;
using System.Text.RegularExpressions;
using EngageCenter.Client.Models;
using EngageCenter.Portal.Parts;

namespace EngageCenter.Portal.Tests;

/// <summary>The texts of the pages: each English text is its own key and has a German translation.</summary>
public sealed partial class TextTests
{
    internal static Dictionary<string, string> German { get; } = Read();

    [Fact]
    public void Every_text_of_the_pages_has_a_German_translation_and_no_translation_is_unused()
    {
        var source = Path.Combine(Repository.Root, "src", "Portal");
        var written = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".razor", StringComparison.Ordinal) || f.EndsWith(".cs", StringComparison.Ordinal))
            .Where(f => !Path.GetRelativePath(source, f).StartsWith("obj", StringComparison.Ordinal))
            .SelectMany(f => Text().Matches(File.ReadAllText(f)))
            .SelectMany(m => m.Groups["text"].Captures.Select(c => c.Value));
        Assert.Equal(written.Concat(Named).Distinct().Order(StringComparer.Ordinal), German.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Text_and_its_translation_have_the_same_placeholders() => Assert.All(German, text =>
        Assert.Equal(Place().Matches(text.Key).Select(m => m.Value).Order(), Place().Matches(text.Value).Select(m => m.Value).Order()));

    // Names of the API that pages show in words.
    private static IEnumerable<string> Named =>
    [
        .. Choices<CaseStatus>(), .. Choices<ActivityKind>(), .. Choices<ActivityStatus>(), .. Choices<PackageKind>(), .. Choices<AssessmentStatus>(),
        .. Choices<RunStatus>(), .. Choices<RunTrigger>(), .. Choices<RunFailure>(), .. Choices<FocusArea>(), .. Choices<CourseFormat>(),
        .. Choices<AuditAction>(), .. Choices<AgreementStatus>(), .. Choices<DirectoryStatus>(), .. Choices<UserType>(), .. Choices<WorkspaceUserStatus>(), .. Choices<GroupStatus>(),
        .. Enum.GetNames<Roles>().Concat(Enum.GetNames<RoleSource>()).Select(Spaced),
        .. Enum.GetNames<CheckRequest_permissions>().Select(p => Show.Words(p).Replace("entra groups", "Entra groups", StringComparison.Ordinal)),
        // Filters, parts of the home page, and values in the audit trail.
        "Search", "Role", "Status", "Source", "Severity", "Product", "Kind", "Package id", "From", "To", "Focus area", "Format", "Language",
        "Support insights", "Customer activity", "Assessments", "Learning", "Account team",
        "Name", "Display name", "Roles", "Start date", "End date", "Contacts", "Packages", "Billing readers",
    ];

    private static IEnumerable<string> Choices<T>()
        where T : struct, Enum => Enum.GetNames<T>().Select(Show.Words);

    private static string Spaced(string name) => Regex.Replace(name, "(?<=.)[A-Z]", m => $" {m.Value}");

    private static Dictionary<string, string> Read()
    {
        using var stream = typeof(PortalOptions).Assembly.GetManifestResourceStream("Texts.de.resources")!;
        using var reader = new ResourceReader(stream);
        return reader.Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);
    }

    [GeneratedRegex("""\b(?:T\(|Plural\([^"()]*)"(?<text>(?:[^"\\]|\\.)*)"(?:, "(?<text>(?:[^"\\]|\\.)*)")?""")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();
}
