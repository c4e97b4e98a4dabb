using System.Globalization;
using EngageCenter.Fuzz.Contract;
using EngageCenter.Fuzz.Service;
using EngageCenter.Service;
using Xunit.Abstractions;

namespace EngageCenter.Fuzz;

/// <summary>
/// The service is held to its own OpenAPI document, by requests that are valid, nearly valid and hostile, from everybody who may
/// call. CONTRIBUTING.md has the options.
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int Requests = 100_000;

    /// <summary>Requests after which each operation has succeeded at least once.</summary>
    private const int Enough = 10_000;

    /// <summary>On a machine that is slow or busy: the run ends then with fewer.</summary>
    private static readonly TimeSpan longest = TimeSpan.FromMinutes(2.5);

    [Fact]
    public async Task Every_answer_is_one_that_the_document_declares_and_a_refused_request_changes_nothing()
    {
        var options = FuzzOptions.FromEnvironment(Requests, longest);
        await using var service = await ServiceInProcess.Start(
            // Few callers from one address send all requests, as fast as they can, and many of them without a valid token.
            ("WebApi:RateLimit:PermitLimit", "1000000"), ("WebApi:RateLimit:Burst", "1000000"),
            ("WebApi:RateLimit:ConnectionsPerSecond", "1000000"), ("WebApi:RateLimit:ConnectionsAtOnce", "1000000"),
            ("WebApi:RateLimit:ItemsPerSecond", "10000000"), ("WebApi:RateLimit:ItemsAtOnce", "10000000"),
            ("WebApi:RateLimit:FailuresPerMinute", "100000000"), ("WebApi:RateLimit:AnonymousPerSecond", "1000000"),
            // No schedule becomes due during a run: what changes by itself would look like a change by a refused request.
            ("Assessments:FirstRunAfter", "1.00:00:00"));
        using var client = new Client(service.Url);
        var document = ApiDocument.Parse((await client.Get("/openapi/v1.json", null)).Text);
        var run = new FuzzRun(service, document, options, TimeProvider.System);

        var started = TimeProvider.System.GetTimestamp();
        await run.Play();
        var took = TimeProvider.System.GetElapsedTime(started);
        var processor = Environment.CpuUsage.TotalTime;

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{run.Sent} requests in {took.TotalSeconds:F0} s, {run.Sent / took.TotalSeconds:F0}/s, {processor.TotalSeconds:F0} s of processor time; the state was compared around {run.Compared} reads and refusals, and was not around {run.NotCompared}."));
        foreach (var status in run.Answers.GroupBy(a => a.Key.Status).OrderBy(g => g.Key))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{status.Key}: {status.Sum(s => s.Value)}"));
        }

        Assert.True(run.Faults.Count == 0, $"{run.Faults.Count} kinds of faults:\n\n{string.Join("\n\n", run.Faults)}");
        if (run.Sent >= Enough)
        {
            // The run says nothing about an operation that it never got an answer from, or about refusals that it could not compare.
            var silent = document.Operations.Where(o => !run.Answers.Keys.Any(a => a.Operation == o.ToString() && a.Status is >= 200 and < 300));
            Assert.Empty(silent);
            Assert.True(run.Compared > run.NotCompared * 4, $"{run.NotCompared} of {run.Compared + run.NotCompared} refusals were not compared.");
        }
    }
}
