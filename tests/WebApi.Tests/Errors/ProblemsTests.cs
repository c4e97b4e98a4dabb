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
        var page = File.ReadAllLines(Path.Combine(Repository(), "docs", "use", "http-status.md"));
        var told = page.Where(line => line.StartsWith("| 4", StringComparison.Ordinal) || line.StartsWith("| 5", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1]} {cells[2].Trim('`')}");

        Assert.Equal(Problems.All.Select(p => $"{p.Status} {p.Slug}").Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    /// <summary>None but a conflict, which no server answers by itself, and says what it is in conflict with.</summary>
    [Fact]
    public void Every_status_that_has_a_problem_has_one_for_its_bare_form() =>
        Assert.Equal([409], Problems.All.Select(p => p.Status).Distinct().Where(status => Problems.Of(status).Status != status));

    [Theory]
    [InlineData(400, "invalid-request")]
    [InlineData(401, "unauthenticated")]
    [InlineData(403, "wrong-caller")]
    [InlineData(404, "not-found")]
    [InlineData(405, "method-not-allowed")]
    [InlineData(406, "not-acceptable")]
    [InlineData(408, "request-timeout")]
    [InlineData(409, "invalid-request")]
    [InlineData(412, "precondition-failed")]
    [InlineData(413, "content-too-large")]
    [InlineData(414, "uri-too-long")]
    [InlineData(415, "unsupported-media-type")]
    [InlineData(418, "invalid-request")]
    [InlineData(429, "too-many-requests")]
    [InlineData(431, "headers-too-large")]
    [InlineData(500, "internal-error")]
    [InlineData(503, "service-unavailable")]
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
