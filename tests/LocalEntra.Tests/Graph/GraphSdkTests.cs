using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Graph;
using Microsoft.Graph.Models;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Graph.Users.Item.CheckMemberGroups;
using Microsoft.Graph.Users.Item.GetMemberGroups;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Abstractions.Serialization;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Graph;

/// <summary>The Microsoft Graph SDK reads what LocalEntra answers, and loses nothing of it.</summary>
public sealed class GraphSdkTests : IAsyncLifetime, IDisposable
{
    private const string Nobody = "99999999-0000-4000-8000-000000000000";
    private RunningEntra entra = null!;
    private Recorder recorder = null!;
    private GraphServiceClient graph = null!;

    public async Task InitializeAsync()
    {
        entra = await RunningEntra.StartAsync(Value);
        recorder = new Recorder();

        // Without the SDK's own retries, whose waits are minutes of real time.
        graph = new GraphServiceClient(
            new HttpClient(recorder),
            new BaseBearerTokenAuthenticationProvider(new Token(await entra.GraphTokenAsync(Contoso))),
            $"{entra.Url}/graph/v1.0");
    }

    public async Task DisposeAsync() => await entra.DisposeAsync();

    public void Dispose()
    {
        graph.Dispose();
        recorder.Dispose();
    }

    [Fact]
    public async Task It_reads_the_groups_of_a_person()
    {
        var all = await graph.Users[Ann].GetMemberGroups.PostAsGetMemberGroupsPostResponseAsync(new GetMemberGroupsPostRequestBody { SecurityEnabledOnly = true });
        await AssertLosslessAsync(all!);
        Assert.Equal([Outer, Inner, Circle], all!.Value);

        var some = await graph.Users[Ann].CheckMemberGroups.PostAsCheckMemberGroupsPostResponseAsync(new CheckMemberGroupsPostRequestBody { GroupIds = [Inner, Empty, Nobody] });
        await AssertLosslessAsync(some!);
        Assert.Equal([Inner], some!.Value);
    }

    [Fact]
    public async Task It_reads_the_people_of_a_group_page_by_page()
    {
        var seen = new List<User>();
        var page = await graph.Groups[Outer].TransitiveMembers.GraphUser.GetAsync(request =>
        {
            request.QueryParameters.Select = ["id", "displayName", "mail", "userPrincipalName", "userType", "accountEnabled"];
            request.QueryParameters.Top = 1;
            request.QueryParameters.Count = true;
            request.Headers.Add("ConsistencyLevel", "eventual");
        });
        while (page is not null)
        {
            await AssertLosslessAsync(page);
            seen.AddRange(page.Value!);
            page = page.OdataNextLink is { } next ? await graph.Groups[Outer].TransitiveMembers.GraphUser.WithUrl(next).GetAsync(request => request.Headers.Add("ConsistencyLevel", "eventual")) : null;
        }

        Assert.Equal([Ann, Bob], seen.Select(user => user.Id));
        Assert.Equal(("Ann Archer", "ann.archer@contoso.example", "ann@contoso.example", "Member", true),
            (seen[0].DisplayName, seen[0].Mail, seen[0].UserPrincipalName, seen[0].UserType, seen[0].AccountEnabled));
        Assert.Equal(2, await graph.Groups[Outer].TransitiveMembers.GraphUser.Count.GetAsync(request => request.Headers.Add("ConsistencyLevel", "eventual")));
    }

    [Fact]
    public async Task It_reads_people_and_groups()
    {
        var ann = await graph.Users[Ann].GetAsync(request => request.QueryParameters.Select = ["id", "accountEnabled"]);
        await AssertLosslessAsync(ann!);
        Assert.Equal((Ann, true, null), (ann!.Id, ann.AccountEnabled, ann.DisplayName));
        Assert.Null((await graph.Users[Ann].GetAsync())!.AccountEnabled);

        var group = await graph.Groups[Outer].GetAsync();
        await AssertLosslessAsync(group!);
        Assert.Equal((Outer, "Outer", true), (group!.Id, group.DisplayName, group.SecurityEnabled));

        var found = await graph.Groups.GetAsync(request =>
        {
            request.QueryParameters.Filter = "startswith(displayName,'o') and securityEnabled eq true";
            request.QueryParameters.Count = true;
        });
        await AssertLosslessAsync(found!);
        Assert.Equal((Outer, 1), (Assert.Single(found!.Value!).Id, found.OdataCount));
    }

    [Fact]
    public async Task It_reads_changes()
    {
        var first = await graph.Groups.Delta.GetAsDeltaGetResponseAsync(request =>
        {
            request.QueryParameters.Select = ["displayName", "members"];
            request.QueryParameters.Filter = $"id eq '{Outer}' or id eq '{Inner}'";
        });
        await AssertLosslessAsync(first!);
        Assert.Equal([(Outer, "Outer"), (Inner, "Inner")], first!.Value!.Select(group => (group.Id, group.DisplayName)));
        Assert.Equal([(Bob, "#microsoft.graph.user", false), (Inner, "#microsoft.graph.group", false)], Members(first.Value![0]));

        await graph.Users[Bob].DeleteAsync();
        await graph.Groups[Outer].PatchAsync(new Group { DisplayName = "Renamed" });
        await graph.Groups[Inner].DeleteAsync();
        await graph.Groups[Outer].Members.Ref.PostAsync(new ReferenceCreate { OdataId = $"https://graph.microsoft.com/v1.0/directoryObjects/{Guy}" });

        var next = await graph.Groups.Delta.WithUrl(first.OdataDeltaLink!).GetAsDeltaGetResponseAsync();
        await AssertLosslessAsync(next!);
        Assert.Equal([(Outer, "Renamed"), (Inner, null)], next!.Value!.Select(group => (group.Id, group.DisplayName)));
        Assert.Equal(
            [(Bob, "#microsoft.graph.user", true), (Guy, "#microsoft.graph.user", false), (Inner, "#microsoft.graph.group", true)],
            Members(next.Value![0]));
        Assert.Equal("deleted", Text((UntypedObject)next.Value![1].AdditionalData["@removed"], "reason"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    public async Task Changes_contain_blocked_enabled_and_deleted_accounts(int pageSize)
    {
        await entra.SetFaultsAsync(new { kind = "SmallPages", pageSize });
        var latest = await graph.Users.Delta.WithUrl($"{entra.Url}/graph/v1.0/users/delta?$select=accountEnabled&$deltatoken=latest").GetAsDeltaGetResponseAsync();
        await AssertLosslessAsync(latest!);
        Assert.Empty(latest!.Value!);

        await graph.Users[Ann].PatchAsync(new User { AccountEnabled = false });
        await graph.Users[Guy].PatchAsync(new User { DisplayName = "Another name" });
        await graph.Users[Bob].DeleteAsync();
        var (changed, after) = await ReadAsync(latest.OdataDeltaLink!);
        Assert.Equal([(Ann, false, false), (Bob, null, true)], changed);

        await graph.Users[Ann].PatchAsync(new User { AccountEnabled = true });
        (changed, after) = await ReadAsync(after);
        Assert.Equal([(Ann, true, false)], changed);
        Assert.Empty((await ReadAsync(after)).Changed);

        async Task<(List<(string?, bool?, bool)> Changed, string After)> ReadAsync(string link)
        {
            List<(string?, bool?, bool)> read = [];
            while (true)
            {
                var page = (await graph.Users.Delta.WithUrl(link).GetAsDeltaGetResponseAsync())!;
                await AssertLosslessAsync(page);
                read.AddRange(page.Value!.Select(user => (user.Id, user.AccountEnabled, user.AdditionalData.ContainsKey("@removed"))));
                if (page.OdataDeltaLink is { } round)
                {
                    return (read, round);
                }

                link = page.OdataNextLink!;
            }
        }
    }

    [Fact]
    public async Task A_first_round_of_people_tells_everybody_and_an_expired_one_where_to_begin()
    {
        var everybody = await graph.Users.Delta.GetAsDeltaGetResponseAsync(request => request.QueryParameters.Select = ["displayName", "accountEnabled"]);
        await AssertLosslessAsync(everybody!);
        Assert.Contains(everybody!.Value!, user => (user.Id, user.AccountEnabled) == (Ann, true));

        await entra.SetFaultsAsync(new { kind = "ExpiredDelta", path = "users/delta" });
        var expired = await Assert.ThrowsAsync<ODataError>(() => graph.Users.Delta.WithUrl(everybody.OdataDeltaLink!).GetAsDeltaGetResponseAsync());
        Assert.Equal((410, "syncStateNotFound"), (expired.ResponseStatusCode, expired.Error!.Code));
        Assert.Contains($"{entra.Url}/graph/v1.0/users/delta?$select=displayName,accountEnabled&$deltatoken=", expired.ResponseHeaders["Location"]);

        // A place in the changes of groups is none in those of people.
        await entra.SetFaultsAsync();
        var groups = await graph.Groups.Delta.GetAsDeltaGetResponseAsync();
        var foreign = groups!.OdataDeltaLink!.Replace("groups/delta", "users/delta", StringComparison.Ordinal);
        Assert.Equal(400, (await Assert.ThrowsAsync<ODataError>(() => graph.Users.Delta.WithUrl(foreign).GetAsDeltaGetResponseAsync())).ResponseStatusCode);
    }

    [Fact]
    public async Task It_reads_errors()
    {
        var missing = await Assert.ThrowsAsync<ODataError>(() => graph.Users[Nobody].GetAsync());
        Assert.Equal((404, "Request_ResourceNotFound"), (missing.ResponseStatusCode, missing.Error!.Code));

        await entra.SetFaultsAsync(new { kind = "Refuse", status = 403, code = "Authorization_RequestDenied", times = 1 });
        var denied = await Assert.ThrowsAsync<ODataError>(() => graph.Users[Ann].GetAsync());
        Assert.Equal((403, "Authorization_RequestDenied"), (denied.ResponseStatusCode, denied.Error!.Code));
        Assert.NotNull(denied.Error.InnerError!.RequestId);

        await entra.SetFaultsAsync(new { kind = "ExpiredPage" });
        var expired = await Assert.ThrowsAsync<ODataError>(() => graph.Groups.Delta.WithUrl($"{entra.Url}/graph/v1.0/groups/delta?$skiptoken=x").GetAsDeltaGetResponseAsync());
        Assert.Equal((400, "Directory_ExpiredPageToken"), (expired.ResponseStatusCode, expired.Error!.Code));
    }

    [Fact]
    public async Task It_changes_people()
    {
        await graph.Users[Ann].PatchAsync(new User { AccountEnabled = false, DisplayName = "Ann Other" });

        var ann = await graph.Users[Ann].GetAsync(request => request.QueryParameters.Select = ["displayName", "accountEnabled"]);
        Assert.Equal(("Ann Other", false), (ann!.DisplayName, ann.AccountEnabled));
    }

    // What the SDK writes of what it read holds all that was sent.
    private async Task AssertLosslessAsync<T>(T read) where T : IParsable
    {
        var written = JsonNode.Parse(await KiotaJsonSerializer.SerializeAsStringAsync(read, serializeOnlyChangedValues: false));
        Assert.True(Holds(written, JsonNode.Parse(recorder.Last)), $"sent: {recorder.Last}{Environment.NewLine}read: {written}");
    }

    // The SDK's models name their own type, also where it was not sent.
    private static bool Holds(JsonNode? written, JsonNode? sent) => (written, sent) switch
    {
        (JsonObject all, JsonObject some) => some.All(member => Holds(all[member.Key], member.Value)),
        (JsonArray all, JsonArray some) => all.Count == some.Count && all.Zip(some, Holds).All(isSame => isSame),
        _ => JsonNode.DeepEquals(written, sent),
    };

    private static List<(string?, string?, bool)> Members(Group group) =>
        [.. ((UntypedArray)group.AdditionalData["members@delta"]).GetValue().Cast<UntypedObject>()
            .Select(member => (Text(member, "id"), Text(member, "@odata.type"), member.GetValue().ContainsKey("@removed")))];

    private static string? Text(UntypedObject value, string name) => ((UntypedString)value.GetValue()[name]).GetValue();

    /// <summary>Keeps the body of the last answer.</summary>
    private sealed class Recorder() : DelegatingHandler(new SocketsHttpHandler())
    {
        public string Last { get; private set; } = "";

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.NoContent)
            {
                await response.Content.LoadIntoBufferAsync(cancellationToken);
                Last = await response.Content.ReadAsStringAsync(cancellationToken);
            }

            return response;
        }
    }

    private sealed class Token(string value) : IAccessTokenProvider
    {
        public AllowedHostsValidator AllowedHostsValidator { get; } = new();

        public Task<string> GetAuthorizationTokenAsync(Uri uri, Dictionary<string, object>? additionalAuthenticationContext = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(value);
    }
}
