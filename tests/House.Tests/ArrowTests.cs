using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace EngageCenter.House.Tests;

/// <summary>Tests which projects may reference which, as described in ARCHITECTURE.md.</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Grains.Abstractions"] = [],
        ["Grains"] = ["Grains.Abstractions"],
        ["ServiceDefaults"] = [],
        ["Silo"] = ["Grains", "ServiceDefaults"],
        ["WebApi"] = ["Grains.Abstractions", "ServiceDefaults"],
        ["LocalEntra"] = [],
        ["Cli"] = ["Client"],
        // Only for its OpenAPI document.
        ["Client"] = ["WebApi"],
        ["Portal"] = ["Client", "ServiceDefaults"],
        ["AppHost"] = ["DevHost", "LocalEntra", "Portal", "Silo", "WebApi"],
        ["DevHost"] = ["LocalEntra", "Portal", "ServiceDefaults", "Silo", "WebApi"],
    };

    [Fact]
    public void Project_references_match_the_architecture() => Assert.Equal(
        Arrows.OrderBy(a => a.Key).Select(a => $"{a.Key} → {string.Join(", ", a.Value)}"),
        Projects("src").OrderBy(p => p.Name).Select(p => $"{p.Name} → {string.Join(", ", References(p.File).Order())}"));

    [Fact]
    public void Only_the_silo_names_a_provider_of_storage() => Assert.Equal(
        ["Silo"],
        Naming(n => n.StartsWith("Microsoft.Orleans.Persistence.", StringComparison.Ordinal) || n.Contains("Sqlite", StringComparison.Ordinal)));

    [Fact]
    public void Only_the_silo_references_Azure_Storage() => Assert.Equal(
        ["Silo"],
        Naming(n => n.StartsWith("Azure.Storage.", StringComparison.Ordinal)));

    [Fact]
    public void Only_the_silo_names_a_provider_of_reminders() => Assert.Equal(
        ["Silo"],
        Naming(n => n.StartsWith("Microsoft.Orleans.Reminders.", StringComparison.Ordinal)));

    // A silo joins its cluster with the provider, a web node finds the silos with it, and ServiceDefaults creates the client
    // of Azure Tables for both. No other project deals with clusters.
    [Fact]
    public void Only_cluster_hosts_and_their_shared_project_name_a_clustering_provider() => Assert.Equal(
        ["ServiceDefaults", "Silo", "WebApi"],
        Naming(n => n.StartsWith("Microsoft.Orleans.Clustering.", StringComparison.Ordinal)));

    [Fact]
    public void Every_source_project_has_a_test_project()
    {
        // The abstractions are data and interfaces, which the tests of the grains cover. The tests of the cluster start
        // AppHost, and those of house, cluster and fuzzing cover all projects.
        var expected = Arrows.Keys.Where(n => n is not ("Grains.Abstractions" or "AppHost")).Append("House").Append("Cluster").Append("Fuzz").Order();

        Assert.Equal(expected, Projects("tests").Where(p => p.Name.EndsWith(".Tests", StringComparison.Ordinal)).Select(p => p.Name[..^".Tests".Length]).Order());
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "EngageCenter.Orleans.sln"));

        Assert.All(Projects("src").Concat(Projects("tests")).Concat(Projects("benchmarks")), p => Assert.Contains($"{p.Name}.csproj", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_dependency_has_a_reason_beside_its_version()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "Directory.Packages.props")).Select(l => l.Trim()).ToList();
        var bare = lines.Where((line, i) =>
            line.StartsWith("<PackageVersion", StringComparison.Ordinal)
            && !lines[i - 1].EndsWith("-->", StringComparison.Ordinal)
            && !lines[i - 1].StartsWith("<PackageVersion", StringComparison.Ordinal));

        Assert.Empty(bare);
    }

    // Otherwise the whole solution cannot be restored on any other platform where CI is set, and elsewhere each restore
    // changes the file.
    [Fact]
    public void Packages_of_one_platform_are_locked_on_that_platform_alone()
    {
        var ofOnePlatform = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "packages.lock.json", SearchOption.AllDirectories)
            .Where(file => file.Split(Path.DirectorySeparatorChar) is [.., var folder, _] && folder != "obj")
            .Where(file => JsonNode.Parse(File.ReadAllText(file))!["dependencies"]!.AsObject()
                .SelectMany(framework => framework.Value!.AsObject())
                .Any(package => package.Key.EndsWith(".linux-x64", StringComparison.Ordinal)))
            .Select(file => Path.GetFileName(Path.GetDirectoryName(file)!));

        Assert.Equal(["AppHost"], ofOnePlatform);
        var others = Assert.Single(
            XDocument.Load(Projects("src").Single(p => p.Name == "AppHost").File).Descendants("PropertyGroup"),
            g => (string?)g.Attribute("Condition") == "'$(NETCoreSdkPortableRuntimeIdentifier)' != 'linux-x64'");
        Assert.Equal(("$(BaseIntermediateOutputPath)packages.lock.json", "false"), ((string?)others.Element("NuGetLockFilePath"), (string?)others.Element("RestoreLockedMode")));
    }

    private static IEnumerable<string> Naming(Predicate<string> package) =>
        Projects("src").Where(p => Packages(p.File).Any(package.Invoke)).Select(p => p.Name).Order();

    private static IEnumerable<(string Name, string File)> Projects(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories)
            .Select(f => (Path.GetFileNameWithoutExtension(f), f));

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(project).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));

    private static IEnumerable<string> Packages(string project) =>
        XDocument.Load(project).Descendants("PackageReference").Select(r => (string)r.Attribute("Include")!);
}
