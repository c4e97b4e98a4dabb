using EngageCenter.WebApi.Errors;


namespace EngageCenter.WebApi.Tests.Errors;

public sealed class ProblemsTests
{
    [Fact]
    public void Every_problem_has_a_slug_of_its_own() =>
        Assert.Equal(Problems.All.Length, Problems.All.Select(p => p.Slug).Distinct().Count());

    [Fact]
    public void The_page_on_statuses_has_every_problem_and_no_other()
    {
        var page = File.ReadAllLines(Path.Combine(Repository(), "docs", "http-status.md"));
        var told = page.Where(line => line.StartsWith("| 4", StringComparison.Ordinal) || line.StartsWith("| 5", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1]} {cells[2].Trim('`')}");

        Assert.Equal(Problems.All.Select(p => $"{p.Status} {p.Slug}").Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(404, "not-found")]
    [InlineData(413, "content-too-large")]
    [InlineData(503, "service-unavailable")]
    [InlineData(418, "invalid-request")]
    [InlineData(599, "internal-error")]
    public void A_bare_status_becomes_the_problem_that_says_least(int status, string slug) => Assert.Equal(slug, Problems.Of(status).Slug);

    internal static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
