using System.Collections.Immutable;
using System.Net;
using EngageCenter.Paging;
using EngageCenter.Users;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Graph;
using Microsoft.Graph.Models;
using Microsoft.Graph.Models.ODataErrors;
using Microsoft.Graph.Users.Item.GetMemberGroups;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Abstractions.Serialization;
using UserType = EngageCenter.Users.UserType;

namespace EngageCenter.Directories;

/// <summary>
/// Implements directories with Microsoft Graph. A response is read completely or not at all, and no request is repeated; see
/// <see cref="IDirectory"/>.
/// </summary>
internal sealed class GraphDirectory : IDirectory, IAsyncDisposable
{
    private const int MaxNested = 5_000;
    private const string SkipToken = "$skiptoken";

    private static readonly string[] shown = ["id", "displayName", "description"];
    private static readonly string[] person = ["id", "displayName", "mail", "userPrincipalName", "userType", "accountEnabled"];

    private readonly string address;
    private readonly HashSet<Guid> tenants;
    private readonly GraphTokens tokens;
    private readonly TimeProvider time;
    private readonly HttpClient http;

    public GraphDirectory(DirectoryOptions options, TimeProvider time, ILoggerFactory logging)
    {
        (address, tenants, this.time) = (options.Graph, [.. options.Tenants], time);
        Poll = options.Poll == TimeSpan.Zero ? null : options.Poll;
        tokens = new(options, logging);

        // Each caller sets its own time limit.
        http = new(new WholeAnswers()) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public TimeSpan? Poll { get; }

    public bool IsConfiguredFor(Guid tenantId) => tenants.Count == 0 || tenants.Contains(tenantId);

    public Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken) => Ask<ImmutableArray<Guid>>(async () =>
    {
        var answer = await Graph(tenantId).Users[$"{userId:D}"].GetMemberGroups.PostAsGetMemberGroupsPostResponseAsync(
            new GetMemberGroupsPostRequestBody { SecurityEnabledOnly = true }, cancellationToken: cancellationToken);
        return answer is { Value: { } groups, OdataNextLink: null } ? [.. groups.Select(Id)] : throw Part("groups");
    }, missing: () => []);

    public Task<bool> IsEnabled(Guid tenantId, Guid userId, CancellationToken cancellationToken) => AskIfAllowed(async () =>
    {
        var user = await Graph(tenantId).Users[$"{userId:D}"].GetAsync(request => request.QueryParameters.Select = ["id", "accountEnabled"], cancellationToken) ?? throw Empty();

        // An application that may read only the basic properties may get a response without this one.
        return user.AccountEnabled ?? throw new DirectoryForbiddenException("Graph does not say whether the account is enabled.");
    }, missing: () => false);

    public Task<string> FollowAccounts(Guid tenantId, CancellationToken cancellationToken) => Begin(
        $"{address}/users/delta{new QueryBuilder { { "$select", "accountEnabled" }, { "$deltatoken", "latest" } }}",
        async link => await ChangedAccounts(tenantId, link, cancellationToken) is var page && page.IsExpired ? default : (page.NextPage, page.NextRound));

    public Task<AccountChanges> ChangedAccounts(Guid tenantId, string address, CancellationToken cancellationToken) => AskIfAllowed(async () =>
    {
        var page = await Graph(tenantId).Users.Delta.WithUrl(Own(address)).GetAsDeltaGetResponseAsync(cancellationToken: cancellationToken);
        return page is { Value: { } people } && page.OdataNextLink is null != page.OdataDeltaLink is null
            ? new([.. people.Select(person => Id(person.Id))], Kept(page.OdataNextLink), Kept(page.OdataDeltaLink))
            : throw Part("changes");
    }, expired: () => new AccountChanges([], null, null, IsExpired: true));

    public Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => Ask<DirectoryGroup?>(
        async () => Shown(await Graph(tenantId).Groups[$"{groupId:D}"].GetAsync(request => request.QueryParameters.Select = shown, cancellationToken) ?? throw Empty()),
        missing: () => null);

    public Task<Page<DirectoryGroup>> Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken)
    {
        // Only the skip token comes from outside; the rest of the address is built here each time.
        var filter = prefix is null ? "securityEnabled eq true" : $"startswith(displayName,'{prefix.Replace("'", "''", StringComparison.Ordinal)}') and securityEnabled eq true";
        var query = new QueryBuilder
        {
            { "$select", string.Join(',', shown) }, { "$filter", filter }, { "$orderby", "displayName" }, { "$count", "true" }, { "$top", $"{size}" },
        };
        if (after is not null)
        {
            query.Add(SkipToken, after);
        }

        return Ask(async () =>
        {
            try
            {
                // Graph treats order and filter together as an advanced query.
                var page = await Graph(tenantId).Groups.WithUrl($"{address}/groups{query}").GetAsync(request => Advanced(request.Headers), cancellationToken);
                return page is { Value: { } groups, OdataCount: { } count }
                    ? new Page<DirectoryGroup>([.. groups.Select(Shown)], PlaceIn(page.OdataNextLink), (int)Math.Min(count, int.MaxValue))
                    : throw Part("groups");
            }
            catch (ODataError unknown) when (after is not null && unknown.ResponseStatusCode == (int)HttpStatusCode.BadRequest)
            {
                throw new InvalidCursorException();
            }
        });
    }

    public Task<ImmutableArray<DirectoryGroup>> Existing(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken) => Ask<ImmutableArray<DirectoryGroup>>(async () =>
    {
        var page = await Graph(tenantId).Groups.GetAsync(
            request => (request.QueryParameters.Select, request.QueryParameters.Filter, request.QueryParameters.Top) = (shown, AnyOf(groups), GroupFacts.MaxLot),
            cancellationToken);
        return page is { Value: { } found, OdataNextLink: null } ? [.. found.Select(Shown)] : throw Part("groups");
    });

    public Task<int?> CountPeople(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => Ask<int?>(
        async () => await Graph(tenantId).Groups[$"{groupId:D}"].TransitiveMembers.GraphUser.Count.GetAsync(request => Advanced(request.Headers), cancellationToken) ?? throw Empty(),
        missing: () => null);

    public Task<DirectoryMembers> Members(Guid tenantId, Guid groupId, string? address, CancellationToken cancellationToken) => Ask(async () =>
    {
        var graph = Graph(tenantId).Groups[$"{groupId:D}"].TransitiveMembers.GraphUser;
        var page = address is null
            ? await graph.GetAsync(
                request =>
                {
                    Advanced(request.Headers);
                    (request.QueryParameters.Select, request.QueryParameters.Top, request.QueryParameters.Count) = (person, DirectoryMembers.MaxPage, true);
                },
                cancellationToken)
            : await graph.WithUrl(Own(address)).GetAsync(request => Advanced(request.Headers), cancellationToken);
        return page is { Value: { Count: <= DirectoryMembers.MaxPage } people }
            ? new DirectoryMembers([.. people.Select(Member)], Kept(page.OdataNextLink))
            : throw Part("people");
    }, missing: address is null ? () => new([], null) : null);

    public Task<DirectoryMember?> Person(Guid tenantId, Guid userId, CancellationToken cancellationToken) => Ask<DirectoryMember?>(
        async () => Member(await Graph(tenantId).Users[$"{userId:D}"].GetAsync(request => request.QueryParameters.Select = person, cancellationToken) ?? throw Empty()),
        missing: () => null);

    public Task<ImmutableArray<Guid>> NestedGroups(Guid tenantId, Guid groupId, CancellationToken cancellationToken) => Ask<ImmutableArray<Guid>>(async () =>
    {
        const int most = 999;
        var graph = Graph(tenantId).Groups[$"{groupId:D}"].TransitiveMembers.GraphGroup;
        var page = await graph.GetAsync(
            request =>
            {
                Advanced(request.Headers);
                (request.QueryParameters.Select, request.QueryParameters.Top, request.QueryParameters.Count) = (["id"], most, true);
            },
            cancellationToken);
        var found = ImmutableArray.CreateBuilder<Guid>();
        while (true)
        {
            found.AddRange((page?.Value ?? throw Part("groups")).Select(group => Id(group.Id)));
            if (found.Count > MaxNested)
            {
                throw new DirectoryUnavailableException($"A group contains more than {MaxNested} groups.");
            }

            if (page.OdataNextLink is null)
            {
                return found.ToImmutable();
            }

            page = await graph.WithUrl(Own(page.OdataNextLink)).GetAsync(request => Advanced(request.Headers), cancellationToken);
        }
    }, missing: () => []);

    public Task<string> Follow(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken) => Begin(
        $"{address}/groups/delta{new QueryBuilder { { "$select", "displayName,members" }, { "$filter", AnyOf(groups) }, { "$deltatoken", "latest" } }}",
        async link => await Changes(tenantId, link, cancellationToken) is var page && page.IsExpired ? default : (page.NextPage, page.NextRound));

    public Task<GroupChanges> Changes(Guid tenantId, string address, CancellationToken cancellationToken) => Ask(async () =>
    {
        var page = await Graph(tenantId).Groups.Delta.WithUrl(Own(address)).GetAsDeltaGetResponseAsync(cancellationToken: cancellationToken);
        return page is { Value: { } groups } && page.OdataNextLink is null != page.OdataDeltaLink is null
            ? new([.. groups.Select(Changed)], Kept(page.OdataNextLink), Kept(page.OdataDeltaLink))
            : throw Part("changes");
    }, expired: () => new GroupChanges([], null, null, IsExpired: true));

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await tokens.DisposeAsync();
    }

    // Creating a client is cheap: the connections belong to the HttpClient.
    private GraphServiceClient Graph(Guid tenantId) => new(http, new BaseBearerTokenAuthenticationProvider(tokens.Of(tenantId)), address);

    private static string AnyOf(ImmutableArray<Guid> groups) => string.Join(" or ", groups.Select(group => $"id eq '{group:D}'"));

    private static DirectoryGroup Shown(Group group) => new(Id(group.Id), group.DisplayName ?? "", group.Description);

    private static DirectoryMember Member(User user)
    {
        var name = user.DisplayName ?? user.UserPrincipalName ?? "";
        var mail = user.Mail ?? user.UserPrincipalName;
        return new(
            Id(user.Id),
            new(
                name.Length <= UserProfile.MaxDisplayNameLength ? name : name[..UserProfile.MaxDisplayNameLength],
                mail is { Length: <= UserProfile.MaxEmailLength } ? mail : null,
                user.UserType == "Guest" ? UserType.Guest : UserType.Member),
            user.AccountEnabled);
    }

    private static GroupChange Changed(Group group)
    {
        var members = group.AdditionalData.TryGetValue("members@delta", out var delta)
            ? ((delta as UntypedArray)?.GetValue() ?? throw new DirectoryUnavailableException("Graph returned member changes in an unknown form.")).OfType<UntypedObject>().Select(Member).ToList()
            : [];
        return new(
            Id(group.Id), group.AdditionalData.ContainsKey("@removed"),
            [.. members.Where(member => !member.IsGroup).Select(member => member.Id)], members.Any(member => member.IsGroup), group.DisplayName);
    }

    // Any member that is not a group counts as a person. If it is not known here, asking about it has no effect.
    private static (Guid Id, bool IsGroup) Member(UntypedObject member)
    {
        var values = member.GetValue();
        return (Id(Text("id")), Text("@odata.type") == "#microsoft.graph.group");

        string? Text(string name) => values.TryGetValue(name, out var value) ? (value as UntypedString)?.GetValue() : null;
    }

    // Graph's links are stored, and followed with a token, so they are accepted only if they start with Graph's own address.
    private string Own(string link) => link.StartsWith($"{address}/", StringComparison.Ordinal) && link.Length <= GroupChanges.MaxAddress
        ? link
        : throw new DirectoryUnavailableException("Graph returned a link to another address than its own.");

    private string? Kept(string? link) => link is null ? null : Own(link);

    private static string? PlaceIn(string? nextLink)
    {
        if (nextLink is null)
        {
            return null;
        }

        return QueryHelpers.ParseQuery(new Uri(nextLink).Query).TryGetValue(SkipToken, out var place) && place is [{ Length: > 0 and <= PageRequest.MaxAfterLength } token]
            ? token
            : throw new DirectoryUnavailableException("Graph returned a next link without a usable skip token.");
    }

    private static Guid Id(string? id) =>
        Guid.TryParseExact(id, "D", out var known) ? known : throw new DirectoryUnavailableException("Graph returned an object without a valid object id.");

    private static bool IsMissing(ODataError error) => error.ResponseStatusCode == (int)HttpStatusCode.NotFound && error.Error?.Code == "Request_ResourceNotFound";

    /// <summary>Reads pages of changes until the link of the next round.</summary>
    /// <param name="read">Returns one of the two links; neither if the link has expired.</param>
    private static async Task<string> Begin(string first, Func<string, Task<(string? NextPage, string? NextRound)>> read)
    {
        for (var link = first; ;)
        {
            var (page, round) = await read(link);
            if (round is not null)
            {
                return round;
            }

            link = page ?? throw new DirectoryUnavailableException("Graph returned no link from which to read changes.");
        }
    }

    /// <summary>Sends a request, and turns Graph's failures into those of a directory.</summary>
    /// <param name="missing">The result if there is no such object. Null: that is a failure.</param>
    /// <param name="expired">The result if the link is too old. Null: that is a failure.</param>
    private async Task<T> Ask<T>(Func<Task<T>> request, Func<T>? missing = null, Func<T>? expired = null)
    {
        try
        {
            return await request();
        }
        catch (ODataError error) when (missing is not null && IsMissing(error))
        {
            return missing();
        }
        catch (ApiException old) when (expired is not null && old.ResponseStatusCode == (int)HttpStatusCode.Gone)
        {
            return expired();
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    /// <summary>The same for what the application may lack the permission for.</summary>
    private async Task<T> AskIfAllowed<T>(Func<Task<T>> request, Func<T>? missing = null, Func<T>? expired = null)
    {
        try
        {
            return await Ask(request, missing, expired);
        }
        catch (DirectoryUnavailableException refused) when (
            refused.InnerException is ODataError { ResponseStatusCode: (int)HttpStatusCode.Forbidden, Error.Code: "Authorization_RequestDenied" })
        {
            throw new DirectoryForbiddenException("The application lacks the permission in Microsoft Graph.", refused);
        }
    }

    // Graph needs this header for an advanced query: order and filter together, and members of one kind.
    private static void Advanced(RequestHeaders headers) => headers.Add("ConsistencyLevel", "eventual");

    private static DirectoryUnavailableException Part(string of) => new($"Graph returned only a part of the {of}.");

    private static DirectoryUnavailableException Empty() => new("Graph returned an empty response.");

    private DirectoryUnavailableException Unavailable(ApiException refused)
    {
        var header = refused.ResponseHeaders?.FirstOrDefault(h => string.Equals(h.Key, "Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();
        var code = (refused as ODataError)?.Error?.Code;
        return new($"Graph answered {refused.ResponseStatusCode} {code}.", RetryAfter.Read(header, time.GetUtcNow()), refused);
    }

    /// <summary>
    /// Buffers each response before any of it is read, so that an incomplete one is an error. At most
    /// <see cref="MaxBytes"/>.
    /// </summary>
    private sealed class WholeAnswers() : DelegatingHandler(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        AutomaticDecompression = DecompressionMethods.All,
    })
    {
        // A person's 11,000 groups are half a megabyte, and so are 999 people of a group.
        private const long MaxBytes = 8 << 20;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
