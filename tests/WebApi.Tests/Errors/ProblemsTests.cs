using EngageCenter.WebApi.Errors;


namespace EngageCenter.WebApi.Tests.Errors;

public sealed class ProblemsTests
{
    [Fact]
    public void Every_problem_has_a_unique_slug() =>
        Assert.Equal(Problems.All.Length, Problems.All.Select(p => p.Slug).Distinct().Count());

    [Fact]
    public void Page_on_statuses_lists_exactly_the_problems()
    {
        var page = File.ReadAllLines(Path.Combine(Repository(), "docs", "use", "http-status.md"));
        var told = page.Where(line => line.StartsWith("| 4", StringComparison.Ordinal) || line.StartsWith("| 5", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1]} {cells[2].Trim('`')}");

        Assert.Equal(Problems.All.Select(p => $"{p.Status} {p.Slug}").Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    /// <summary>Except 409, which the framework never sets by itself, and which always has a specific problem.</summary>
    [Fact]
    public void Every_status_of_a_problem_has_a_general_problem() =>
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
    public void Bare_status_becomes_the_most_general_problem(int status, string slug) => Assert.Equal(slug, Problems.Of(status).Slug);

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
