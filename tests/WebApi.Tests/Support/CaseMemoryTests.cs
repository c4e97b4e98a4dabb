using System.Collections.Immutable;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Support;
using EngageCenter.WebApi.Tests.Limits;
using EngageCenter.Workspaces;
using Xunit.Abstractions;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Support;

[Collection(MeasuredMemory.Name)]
public sealed class CaseMemoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Cases = $"/v1/workspaces/{WorkspaceId}/support-cases";
    private const string Results = $"/v1/workspaces/{WorkspaceId}/assessments/SqlServer/runs/SqlServer-1/results";

    private RunningWebApi api = null!;

    public async Task InitializeAsync()
    {
        api = await StartAsync();
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(
            new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 1, 1), DateTimeOffset.UnixEpoch)));
        api.Grains.On<ISupportGrain>("Ingest", a => Task.FromResult(new IngestOutcome(IngestStatus.Applied, ((ImmutableArray<SupportCase>)a[0]!).Length, 0)));
        api.Grains.On<IAssessmentsGrain>("Report", _ => Task.FromResult(new ReportRunOutcome(ReportRunStatus.RunNotFound)));
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Theory]
    [InlineData("POST", Cases, """{"value":[{},""", "{},", 400)]
    [InlineData("POST", Cases, """{"value":[[],""", "[[]],", 400)]
    [InlineData("POST", Cases, """{"value":["",""", "\"\",", 400)]
    [InlineData("POST", Cases, """{"value":[{"unknown":[""", "{},", 400)]
    [InlineData("POST", Cases, """{"unknown":[""", "{},", 400)]
    [InlineData("PUT", Results, """{"status":"Completed","recommendations":[{},""", "{},", 400)]
    [InlineData("PUT", Results, """{"status":"Completed","recommendations":[{"affectedObjects":[""", "\"a\",", 400)]
    public async Task Long_body_of_small_values_takes_little_memory(string method, string path, string start, string value, int status)
    {
        var body = start + string.Concat(Enumerable.Repeat(value, 8_000_000 / value.Length));
        var token = ApplicationToken("SupportCases.ReadWrite.All", "Assessments.ReadWrite.All");
        await api.SendAsync(method, path, token, "{}");
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var answer = await api.SendAsync(method, path, token, body);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        // The client creates the bytes of the body, and the serializer keeps the bytes of one value, which may be all of
        // them.
        output.WriteLine($"{allocated} bytes for {body.Length}");
        Assert.InRange(allocated, 0, 5L * body.Length / 2);
        Assert.Equal(status, answer.Status);
    }
}
