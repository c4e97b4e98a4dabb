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

    public async Task<ImmutableArray<Guid>> GroupsOf(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Graph(tenantId).Users[$"{userId:D}"].GetMemberGroups.PostAsGetMemberGroupsPostResponseAsync(
                new GetMemberGroupsPostRequestBody { SecurityEnabledOnly = true }, cancellationToken: cancellationToken);
            return answer is { Value: { } groups, OdataNextLink: null }
                ? [.. groups.Select(Id)]
                : throw new DirectoryUnavailableException("Graph returned only a part of the groups.");
        }
        catch (ODataError missing) when (IsMissing(missing))
        {
            return [];
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<bool> IsEnabled(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        try
        {
            var user = await Graph(tenantId).Users[$"{userId:D}"].GetAsync(request => request.QueryParameters.Select = ["id", "accountEnabled"], cancellationToken)
                ?? throw new DirectoryUnavailableException("Graph answered with nothing.");

            // An application that may read the basic properties alone may be answered without this one.
            return user.AccountEnabled ?? throw new DirectoryForbiddenException("Graph does not say whether the account is enabled.");
        }
        catch (ODataError missing) when (IsMissing(missing))
        {
            return false;
        }
        catch (ApiException refused)
        {
            throw ForbiddenOrUnavailable(refused);
        }
    }

    public async Task<string> FollowAccounts(Guid tenantId, CancellationToken cancellationToken)
    {
        var query = new QueryBuilder { { "$select", "accountEnabled" }, { "$deltatoken", "latest" } };
        for (var page = await ChangedAccounts(tenantId, $"{address}/users/delta{query}", cancellationToken); ; page = await ChangedAccounts(tenantId, page.NextPage!, cancellationToken))
        {
            if (page.NextRound is { } round)
            {
                return round;
            }

            if (page.IsExpired)
            {
                throw new DirectoryUnavailableException("Graph does not say where changes begin.");
            }
        }
    }

    public async Task<AccountChanges> ChangedAccounts(Guid tenantId, string address, CancellationToken cancellationToken)
    {
        try
        {
            var page = await Graph(tenantId).Users.Delta.WithUrl(Own(address)).GetAsDeltaGetResponseAsync(cancellationToken: cancellationToken);
            return page is { Value: { } people } && page.OdataNextLink is null != page.OdataDeltaLink is null
                ? new([.. people.Select(person => Id(person.Id))], Kept(page.OdataNextLink), Kept(page.OdataDeltaLink))
                : throw new DirectoryUnavailableException("Graph answered with a part of the changes.");
        }
        catch (ApiException expired) when (expired.ResponseStatusCode == (int)HttpStatusCode.Gone)
        {
            return new([], null, null, IsExpired: true);
        }
        catch (ApiException refused)
        {
            throw ForbiddenOrUnavailable(refused);
        }
    }

    public async Task<DirectoryGroup?> Group(Guid tenantId, Guid groupId, CancellationToken cancellationToken)
    {
        try
        {
            var group = await Graph(tenantId).Groups[$"{groupId:D}"].GetAsync(request => request.QueryParameters.Select = shown, cancellationToken);
            return Shown(group ?? throw new DirectoryUnavailableException("Graph returned an empty response."));
        }
        catch (ODataError missing) when (IsMissing(missing))
        {
            return null;
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<Page<DirectoryGroup>> Groups(Guid tenantId, string? prefix, int size, string? after, CancellationToken cancellationToken)
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

        try
        {
            // Graph treats order and filter together as an advanced query, which needs this header.
            var page = await Graph(tenantId).Groups.WithUrl($"{address}/groups{query}").GetAsync(
                request => request.Headers.Add("ConsistencyLevel", "eventual"), cancellationToken);
            return page is { Value: { } groups, OdataCount: { } count }
                ? new([.. groups.Select(Shown)], PlaceIn(page.OdataNextLink), (int)Math.Min(count, int.MaxValue))
                : throw new DirectoryUnavailableException("Graph returned only a part of the groups.");
        }
        catch (ODataError unknown) when (after is not null && unknown.ResponseStatusCode == (int)HttpStatusCode.BadRequest)
        {
            throw new InvalidCursorException();
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<ImmutableArray<DirectoryGroup>> Existing(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken)
    {
        try
        {
            var page = await Graph(tenantId).Groups.GetAsync(
                request => (request.QueryParameters.Select, request.QueryParameters.Filter, request.QueryParameters.Top) = (shown, AnyOf(groups), GroupFacts.MaxLot),
                cancellationToken);
            return page is { Value: { } found, OdataNextLink: null }
                ? [.. found.Select(Shown)]
                : throw new DirectoryUnavailableException("Graph returned only a part of the groups.");
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<int?> CountPeople(Guid tenantId, Guid groupId, CancellationToken cancellationToken)
    {
        try
        {
            // Graph treats counting members of one kind as an advanced query, which needs this header.
            return await Graph(tenantId).Groups[$"{groupId:D}"].TransitiveMembers.GraphUser.Count.GetAsync(
                request => request.Headers.Add("ConsistencyLevel", "eventual"), cancellationToken)
                ?? throw new DirectoryUnavailableException("Graph returned an empty response.");
        }
        catch (ODataError missing) when (IsMissing(missing))
        {
            return null;
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<DirectoryMembers> Members(Guid tenantId, Guid groupId, string? address, CancellationToken cancellationToken)
    {
        try
        {
            var graph = Graph(tenantId).Groups[$"{groupId:D}"].TransitiveMembers.GraphUser;
            var page = address is null
                ? await graph.GetAsync(
                    request => (request.QueryParameters.Select, request.QueryParameters.Top) = (person, DirectoryMembers.MaxPage), cancellationToken)
                : await graph.WithUrl(Own(address)).GetAsync(cancellationToken: cancellationToken);
            return page is { Value: { Count: <= DirectoryMembers.MaxPage } people }
                ? new([.. people.Select(Member)], Kept(page.OdataNextLink))
                : throw new DirectoryUnavailableException("Graph answered with a part of the people.");
        }
        catch (ODataError missing) when (address is null && IsMissing(missing))
        {
            return new([], null);
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<DirectoryMember?> Person(Guid tenantId, Guid userId, CancellationToken cancellationToken)
    {
        try
        {
            var user = await Graph(tenantId).Users[$"{userId:D}"].GetAsync(request => request.QueryParameters.Select = person, cancellationToken);
            return Member(user ?? throw new DirectoryUnavailableException("Graph answered with nothing."));
        }
        catch (ODataError missing) when (IsMissing(missing))
        {
            return null;
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<ImmutableArray<Guid>> NestedGroups(Guid tenantId, Guid groupId, CancellationToken cancellationToken)
    {
        const int most = 999;
        try
        {
            var graph = Graph(tenantId).Groups[$"{groupId:D}"].TransitiveMembers.GraphGroup;
            var page = await graph.GetAsync(
                request =>
                {
                    // Graph treats asking for members of one kind as an advanced query, which needs this header.
                    request.Headers.Add("ConsistencyLevel", "eventual");
                    (request.QueryParameters.Select, request.QueryParameters.Top, request.QueryParameters.Count) = (["id"], most, true);
                },
                cancellationToken);
            var found = ImmutableArray.CreateBuilder<Guid>();
            while (true)
            {
                found.AddRange((page?.Value ?? throw new DirectoryUnavailableException("Graph returned only a part of the groups.")).Select(group => Id(group.Id)));
                if (found.Count > MaxNested)
                {
                    throw new DirectoryUnavailableException($"A group contains more than {MaxNested} groups.");
                }

                if (page.OdataNextLink is null)
                {
                    return found.ToImmutable();
                }

                page = await graph.WithUrl(Own(page.OdataNextLink)).GetAsync(request => request.Headers.Add("ConsistencyLevel", "eventual"), cancellationToken);
            }
        }
        catch (ODataError missing) when (IsMissing(missing))
        {
            return [];
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

    public async Task<string> Follow(Guid tenantId, ImmutableArray<Guid> groups, CancellationToken cancellationToken)
    {
        var query = new QueryBuilder
        {
            { "$select", "displayName,members" }, { "$filter", AnyOf(groups) }, { "$deltatoken", "latest" },
        };
        for (var page = await Changes(tenantId, $"{address}/groups/delta{query}", cancellationToken); ; page = await Changes(tenantId, page.NextPage!, cancellationToken))
        {
            if (page.NextRound is { } round)
            {
                return round;
            }

            if (page.IsExpired)
            {
                throw new DirectoryUnavailableException("Graph returned no link from which to read changes.");
            }
        }
    }

    public async Task<GroupChanges> Changes(Guid tenantId, string address, CancellationToken cancellationToken)
    {
        try
        {
            var page = await Graph(tenantId).Groups.Delta.WithUrl(Own(address)).GetAsDeltaGetResponseAsync(cancellationToken: cancellationToken);
            return page is { Value: { } groups } && page.OdataNextLink is null != page.OdataDeltaLink is null
                ? new([.. groups.Select(Changed)], Kept(page.OdataNextLink), Kept(page.OdataDeltaLink))
                : throw new DirectoryUnavailableException("Graph returned only a part of the changes.");
        }
        catch (ApiException expired) when (expired.ResponseStatusCode == (int)HttpStatusCode.Gone)
        {
            return new([], null, null, IsExpired: true);
        }
        catch (ApiException refused)
        {
            throw Unavailable(refused);
        }
    }

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

    private Exception ForbiddenOrUnavailable(ApiException refused) =>
        refused is ODataError { ResponseStatusCode: (int)HttpStatusCode.Forbidden, Error.Code: "Authorization_RequestDenied" }
            ? new DirectoryForbiddenException("Graph does not let the application know.", refused)
            : Unavailable(refused);

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
