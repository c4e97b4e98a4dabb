using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Workspaces;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Activities;

public sealed class ActivityEndpointsTests : IAsyncLifetime
{
    private const string Activities = $"/v1/workspaces/{WorkspaceId}/activities";
    private const string Body = """{ "packageId": "unified", "kind": "Proactive", "title": "Workshop", "status": "Delivered", "hoursDelivered": 12.50 }""";

    private static readonly CustomerActivity workshop =
        new("one", "unified", ActivityKind.Proactive, "Workshop", ActivityStatus.Delivered, null, 12.5m, null, null, null);

    private readonly List<PutActivity> commands = [];
    private RunningWebApi api = null!;

    public async Task InitializeAsync()
    {
        api = await RunningWebApi.StartAsync();
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(
            new(WorkspaceId, "Contoso", "Contoso", "a1", AgreementType.EnterpriseSupportMca, new(2026, 1, 1), new(2028, 1, 1), DateTimeOffset.UnixEpoch)));
        Answers(PutActivityStatus.Updated);
        api.Decides(Member(Permissions.ViewCustomerActivity));
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Theory]
    [InlineData(PutActivityStatus.Created, 201, null)]
    [InlineData(PutActivityStatus.Updated, 200, null)]
    [InlineData(PutActivityStatus.WorkspaceNotFound, 404, "workspace-not-found")]
    [InlineData(PutActivityStatus.VersionMismatch, 412, "precondition-failed")]
    [InlineData(PutActivityStatus.UnknownPackage, 409, "unknown-package")]
    [InlineData(PutActivityStatus.TooManyActivities, 409, "too-many-activities")]
    public async Task Response_follows_the_outcome_of_the_grain(PutActivityStatus outcome, int status, string? slug)
    {
        Answers(outcome);

        var answer = await Put();

        Assert.Equal(status, answer.Status);
        Assert.Equal(workshop, Assert.Single(commands).Activity);
        if (slug is not null)
        {
            Assert.Equal(slug, answer.Slug);
            return;
        }

        Assert.Equal("\"7\"", answer.Headers["ETag"]);
        Assert.Equal("""{"activityId":"one","packageId":"unified","kind":"Proactive","title":"Workshop","status":"Delivered","hoursDelivered":12.5}""", answer.Body);
    }

    [Theory]
    [InlineData("\"7\"", 7L)]
    [InlineData("*", null)]
    [InlineData("\"3\", \"7\"", 7L)]
    [InlineData("\"3\", \"5\"", -1L)]
    public async Task If_Match_is_passed_to_the_grain(string header, long? version)
    {
        api.Grains.On<IActivityGrain>("Version", _ => Task.FromResult<long?>(7));

        await Put(("If-Match", header));

        Assert.Equal(new IfMatch(version), Assert.Single(commands).Condition);
    }

    [Fact]
    public async Task Unknown_workspace_is_404_before_any_other_error()
    {
        api.Grains.On<IWorkspaceGrain>("Header", _ => Task.FromResult<WorkspaceHeader?>(null));

        Assert.Equal("workspace-not-found", (await api.SendAsync("PUT", $"{Activities}/a*b", ApplicationToken("CustomerActivity.ReadWrite.All"), "{", "text/plain")).Slug);
        Assert.Empty(commands);
    }

    [Fact]
    public async Task Export_contains_every_page()
    {
        var queries = new List<ActivityQuery>();
        api.Grains.On<IActivityGrain>("Activities", a =>
        {
            var query = (ActivityQuery)a[1]!;
            queries.Add(query);
            return Task.FromResult(query.Page.After is null
                ? new Page<CustomerActivity>([workshop], "activities/one", 0)
                : new Page<CustomerActivity>([workshop with { ActivityId = "two", PlannedAt = DateTimeOffset.UnixEpoch }], null, 0));
        });

        var answer = await api.SendAsync("GET", $"{Activities}?kind=Proactive&pageSize=1", Token(), headers: ("Accept", "text/csv"));

        Assert.Equal(
            "activityId,packageId,kind,title,status,hoursPurchased,hoursDelivered,plannedAt,deliveredAt,evidenceUri\r\n"
            + "one,unified,Proactive,Workshop,Delivered,,12.5,,,\r\n"
            + "two,unified,Proactive,Workshop,Delivered,,12.5,1970-01-01T00:00:00Z,,\r\n",
            answer.Body);
        Assert.All(queries, q => Assert.Equal((ActivityKind.Proactive, 500, false), (q.Kind!.Value, q.Page.Size, q.Count)));
    }

    [Theory]
    [InlineData("?bom=true", "\uFEFF")]
    [InlineData("?bom=false", "")]
    [InlineData("", "")]
    public async Task Export_starts_with_a_byte_order_mark_only_on_request(string query, string mark)
    {
        api.Grains.On<IActivityGrain>("Activities", _ => Task.FromResult(new Page<CustomerActivity>([workshop], null, 0)));

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Activities}{query}");
        request.Headers.Add("Accept", "text/csv");
        request.Headers.Add("Authorization", $"Bearer {Token()}");
        using var answer = await api.Client.SendAsync(request);
        var bytes = await answer.Content.ReadAsByteArrayAsync();

        Assert.StartsWith($"{mark}activityId,", System.Text.Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?bom=yes")]
    [InlineData("?bom=")]
    [InlineData("?bom=true&bom=true")]
    public async Task Value_of_bom_must_be_true_or_false(string query)
    {
        api.Grains.On<IActivityGrain>("Activities", _ => Task.FromResult(new Page<CustomerActivity>([workshop], null, 0)));

        var answer = await api.SendAsync("GET", $"{Activities}{query}", Token(), headers: ("Accept", "text/csv"));

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Slug));
        Assert.Equal(["bom"], answer.ErrorFields);
    }

    [Fact]
    public async Task Proof_has_lines_and_their_sums()
    {
        api.Grains.On<IActivityGrain>("ProofOfExecution", _ => Task.FromResult<ProofOfExecution?>(new(
            "a1", DateTimeOffset.UnixEpoch, [new("unified", "Unified", PackageKind.EnterpriseWide, new(400, 412.5m, 3, 1))], new(400, 412.5m, 3, 1))));

        var answer = await api.SendAsync("GET", $"/v1/workspaces/{WorkspaceId}/proof-of-execution", Token());

        Assert.Equal(
            """{"agreementId":"a1","asOf":"1970-01-01T00:00:00Z","lines":[{"packageId":"unified","name":"Unified","kind":"EnterpriseWide","hoursPurchased":400,"hoursDelivered":412.5,"hoursRemaining":-12.5,"delivered":3,"planned":1}],"totals":{"hoursPurchased":400,"hoursDelivered":412.5,"hoursRemaining":-12.5,"delivered":3,"planned":1}}""",
            answer.Body);
    }

    private void Answers(PutActivityStatus status) => api.Grains.On<IActivityGrain>("Put", a =>
    {
        commands.Add((PutActivity)a[0]!);
        return Task.FromResult(new PutActivityOutcome(status, status is PutActivityStatus.Created or PutActivityStatus.Updated ? new(workshop, 7) : null));
    });

    private Task<Answer> Put(params (string Name, string Value)[] headers) =>
        api.SendAsync("PUT", $"{Activities}/one", ApplicationToken("CustomerActivity.ReadWrite.All"), Body, headers: headers);
}
