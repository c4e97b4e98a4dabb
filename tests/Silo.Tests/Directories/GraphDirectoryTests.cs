using EngageCenter.Directories;
using EngageCenter.Paging;

namespace EngageCenter.Silo.Tests.Directories;

/// <summary>Tests the directory of a tenant through Microsoft Graph, with LocalEntra as Graph.</summary>
public sealed class GraphDirectoryTests(StandInTenant tenant) : IClassFixture<StandInTenant>, IAsyncLifetime
{
    private readonly GraphDirectory directory = tenant.Directory();

    public Task InitializeAsync() => tenant.SetFaults();

    public async Task DisposeAsync() => await directory.DisposeAsync();

    [Fact]
    public async Task All_direct_and_nested_groups_of_a_person_are_returned()
    {
        var groups = await GroupsOf(StandInTenant.Johanna);

        Assert.Equal(300, groups.Length);
        Assert.Contains(StandInTenant.Outer, groups);
        Assert.Contains(StandInTenant.Nested, groups);
    }

    [Fact]
    public async Task Unknown_person_is_in_no_group() => Assert.Empty(await GroupsOf(StandInTenant.Nobody));

    [Theory]
    [InlineData("2", 2d)]
    [InlineData("1.5", 1.5)]
    [InlineData("soon", null)]
    [InlineData(null, null)]
    public async Task Throttled_request_passes_Retry_After_on(string? header, double? seconds)
    {
        await tenant.SetFaults(new { kind = "Refuse", status = 429, retryAfter = header, path = "getMemberGroups" });

        var refused = await Assert.ThrowsAsync<DirectoryUnavailableException>(() => GroupsOf(StandInTenant.Johanna));

        Assert.Equal(seconds, refused.RetryAfter?.TotalSeconds);
        Assert.Contains("429", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Incomplete_response_is_an_error()
    {
        await tenant.SetFaults(new { kind = "Half", path = "getMemberGroups" });

        await Assert.ThrowsAnyAsync<Exception>(() => GroupsOf(StandInTenant.Johanna));
    }

    [Theory]
    [InlineData(403, "Authorization_RequestDenied")]
    [InlineData(404, "ResourceNotFound")]
    [InlineData(500, null)]
    public async Task Refusal_is_an_error_and_is_not_repeated(int status, string? code)
    {
        await tenant.SetFaults(new { kind = "Refuse", status, code, path = "getMemberGroups", times = 1 });

        var refused = await Assert.ThrowsAsync<DirectoryUnavailableException>(() => GroupsOf(StandInTenant.Johanna));

        Assert.Contains($"{status}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(300, (await GroupsOf(StandInTenant.Johanna)).Length);
    }

    [Fact]
    public async Task Unresponsive_directory_is_waited_for_until_the_caller_cancels()
    {
        await tenant.SetFaults(new { kind = "Silent" });
        using var limit = new CancellationTokenSource();

        var asked = directory.GroupsOf(StandInTenant.TenantId, StandInTenant.Johanna, limit.Token);
        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public async Task Application_unknown_to_the_tenant_gets_an_error()
    {
        await using var unknown = tenant.Directory(secret: "another");

        await Assert.ThrowsAnyAsync<Exception>(() => unknown.GroupsOf(StandInTenant.TenantId, StandInTenant.Johanna, default));
    }

    [Fact]
    public async Task Unknown_tenant_is_an_error() =>
        await Assert.ThrowsAnyAsync<Exception>(() => directory.GroupsOf(StandInTenant.Nobody, StandInTenant.Johanna, default));

    [Fact]
    public async Task Only_listed_tenants_have_a_directory_if_any_are_listed()
    {
        await using var listed = tenant.Directory(StandInTenant.Secret, StandInTenant.TenantId);

        Assert.True(directory.IsConfiguredFor(StandInTenant.Nobody));
        Assert.True(listed.IsConfiguredFor(StandInTenant.TenantId));
        Assert.False(listed.IsConfiguredFor(StandInTenant.Nobody));
    }

    [Fact]
    public async Task Groups_are_found_by_name_prefix_in_pages_ordered_by_name()
    {
        List<DirectoryGroup> found = [];
        string? after = null;
        do
        {
            var page = await directory.Groups(StandInTenant.TenantId, "project 1", 50, after, default);
            found.AddRange(page.Items);
            Assert.Equal(111, page.TotalCount);
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(1, 298).Select(n => $"Project {n}").Where(name => name.StartsWith("Project 1", StringComparison.Ordinal)).Order(StringComparer.Ordinal), found.Select(group => group.DisplayName));
    }

    [Theory]
    [InlineData("Conan's", 1)]
    [InlineData("Conan''s", 0)]
    [InlineData("x') or startswith(displayName,'Project", 0)]
    [InlineData("100 % & more?#", 1)]
    [InlineData("zzz", 0)]
    public async Task Query_characters_in_a_name_are_escaped(string prefix, int count) =>
        Assert.Equal(count, (await directory.Groups(StandInTenant.TenantId, prefix, 10, null, default)).TotalCount);

    [Fact]
    public async Task Place_unknown_to_the_directory_is_an_invalid_cursor() =>
        await Assert.ThrowsAsync<InvalidCursorException>(() => directory.Groups(StandInTenant.TenantId, null, 10, "nowhere", default));

    [Fact]
    public async Task Group_is_found_by_its_id_or_is_absent()
    {
        Assert.Equal(new(StandInTenant.Outer, "Outer", null), await directory.Group(StandInTenant.TenantId, StandInTenant.Outer, default));
        Assert.Null(await directory.Group(StandInTenant.TenantId, StandInTenant.Nobody, default));
    }

    [Fact]
    public async Task Existing_groups_are_found_and_their_people_counted()
    {
        var found = await directory.Existing(StandInTenant.TenantId, [StandInTenant.Nobody, StandInTenant.Outer, StandInTenant.Nested], default);

        Assert.Equal([(StandInTenant.Outer, "Outer"), (StandInTenant.Nested, "Nested")], found.Select(group => (group.GroupId, group.DisplayName)));
        Assert.Equal(1, await directory.CountPeople(StandInTenant.TenantId, StandInTenant.Outer, default));
        Assert.Equal(0, await directory.CountPeople(StandInTenant.TenantId, StandInTenant.Quiet, default));
        Assert.Null(await directory.CountPeople(StandInTenant.TenantId, StandInTenant.Nobody, default));
    }

    [Theory]
    [InlineData("Half")]
    [InlineData("Refuse")]
    public async Task Incomplete_list_of_groups_is_an_error(string kind)
    {
        await tenant.SetFaults(new { kind, status = kind == "Refuse" ? 503 : (int?)null });

        await Assert.ThrowsAnyAsync<Exception>(() => directory.Existing(StandInTenant.TenantId, [StandInTenant.Outer, StandInTenant.Nested], default));
        if (kind == "Refuse")
        {
            await Assert.ThrowsAnyAsync<Exception>(() => directory.CountPeople(StandInTenant.TenantId, StandInTenant.Outer, default));
        }
    }

    [Fact]
    public async Task Rename_of_a_group_is_reported()
    {
        var address = await directory.Follow(StandInTenant.TenantId, [StandInTenant.Outer], default);
        await tenant.Name(StandInTenant.Outer, "Another name");
        var told = Assert.Single((await directory.Changes(StandInTenant.TenantId, address, default)).Changes);
        await tenant.Name(StandInTenant.Outer, "Outer");

        Assert.Equal(("Another name", false, false), (told.DisplayName, told.IsDeleted, told.HasGroups));
        Assert.Empty(told.People);
    }

    [Fact]
    public async Task Added_and_removed_members_are_reported_since_following()
    {
        var address = await directory.Follow(StandInTenant.TenantId, [StandInTenant.Quiet, StandInTenant.Nobody], default);
        Assert.Equal((0, true), await Told(address));

        await tenant.Put(StandInTenant.Quiet, StandInTenant.Johanna);
        await tenant.Put(StandInTenant.Quiet, StandInTenant.Nested);
        await tenant.SetFaults(new { kind = "SmallPages", pageSize = 1 });
        List<GroupChange> changes = [];
        GroupChanges page;
        do
        {
            page = await directory.Changes(StandInTenant.TenantId, address, default);
            changes.AddRange(page.Changes);
            address = page.NextPage ?? page.NextRound!;
        }
        while (page.NextRound is null);
        await tenant.SetFaults();

        Assert.All(changes, change => Assert.Equal((StandInTenant.Quiet, false), (change.GroupId, change.IsDeleted)));
        Assert.Equal([StandInTenant.Johanna], changes.SelectMany(change => change.People));
        Assert.Single(changes, change => change.HasGroups);
        Assert.Equal([StandInTenant.Nested], (await directory.NestedGroups(StandInTenant.TenantId, StandInTenant.Quiet, default)).AsEnumerable());

        await tenant.Take(StandInTenant.Quiet, StandInTenant.Johanna);
        await tenant.Take(StandInTenant.Quiet, StandInTenant.Nested);
        var left = Assert.Single((await directory.Changes(StandInTenant.TenantId, address, default)).Changes);
        Assert.Equal((StandInTenant.Johanna, true), (Assert.Single(left.People), left.HasGroups));

        async Task<(int, bool)> Told(string at) => await directory.Changes(StandInTenant.TenantId, at, default) is var told ? (told.Changes.Length, told.NextRound is not null) : default;
    }

    [Fact]
    public async Task Expired_address_is_reported_as_expired()
    {
        var address = await directory.Follow(StandInTenant.TenantId, [StandInTenant.Quiet], default);
        await tenant.SetFaults(new { kind = "ExpiredDelta" });

        Assert.True((await directory.Changes(StandInTenant.TenantId, address, default)).IsExpired);
    }

    [Theory]
    [InlineData("http://elsewhere.example/v1.0/groups/delta?$deltatoken=x")]
    [InlineData("groups/delta?$deltatoken=x")]
    public async Task Only_the_configured_address_is_asked(string address) =>
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => directory.Changes(StandInTenant.TenantId, address, default));

    [Theory]
    [InlineData("Half")]
    [InlineData("Refuse")]
    public async Task Incomplete_list_of_changes_is_an_error(string kind)
    {
        var address = await directory.Follow(StandInTenant.TenantId, [StandInTenant.Quiet], default);
        await tenant.SetFaults(new { kind, status = kind == "Refuse" ? 503 : (int?)null });

        await Assert.ThrowsAnyAsync<Exception>(() => directory.Changes(StandInTenant.TenantId, address, default));
    }

    [Fact]
    public async Task Changes_of_accounts_are_reported_with_the_current_state()
    {
        var address = await directory.FollowAccounts(StandInTenant.TenantId, default);
        Assert.Empty((await directory.ChangedAccounts(StandInTenant.TenantId, address, default)).People);
        Assert.True(await directory.IsEnabled(StandInTenant.TenantId, StandInTenant.Johanna, default));

        await tenant.Enable(StandInTenant.Johanna, isEnabled: false);
        var told = await directory.ChangedAccounts(StandInTenant.TenantId, address, default);
        Assert.Equal([StandInTenant.Johanna], told.People.AsEnumerable());
        Assert.False(await directory.IsEnabled(StandInTenant.TenantId, StandInTenant.Johanna, default));

        await tenant.Enable(StandInTenant.Johanna, isEnabled: true);
        Assert.Equal([StandInTenant.Johanna], (await directory.ChangedAccounts(StandInTenant.TenantId, told.NextRound!, default)).People.AsEnumerable());
        Assert.True(await directory.IsEnabled(StandInTenant.TenantId, StandInTenant.Johanna, default));
        Assert.False(await directory.IsEnabled(StandInTenant.TenantId, StandInTenant.Nobody, default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    public async Task It_names_the_people_of_a_group_page_by_page_also_those_of_groups_in_it(int pageSize)
    {
        await tenant.SetFaults(new { kind = "SmallPages", pageSize });
        List<DirectoryMember> people = [];
        string? address = null;
        do
        {
            var page = await directory.Members(StandInTenant.TenantId, StandInTenant.Outer, address, default);
            people.AddRange(page.People);
            address = page.NextPage;
        }
        while (address is not null);

        var johanna = new DirectoryMember(StandInTenant.Johanna, new("Johanna Lorenz", "johanna@contoso.example", Users.UserType.Member), true);
        Assert.Equal([johanna], people);
        Assert.Equal(johanna, await directory.Person(StandInTenant.TenantId, StandInTenant.Johanna, default));
        Assert.Null(await directory.Person(StandInTenant.TenantId, StandInTenant.Nobody, default));
        Assert.Empty((await directory.Members(StandInTenant.TenantId, StandInTenant.Nobody, null, default)).People);
    }

    [Theory]
    [InlineData("Half", null)]
    [InlineData("Refuse", 503)]
    public async Task A_part_of_the_people_of_a_group_is_no_answer(string kind, int? status)
    {
        await tenant.SetFaults(new { kind, status });

        await Assert.ThrowsAnyAsync<Exception>(() => directory.Members(StandInTenant.TenantId, StandInTenant.Outer, null, default));
        await Assert.ThrowsAnyAsync<Exception>(() => directory.Person(StandInTenant.TenantId, StandInTenant.Johanna, default));
    }

    [Fact]
    public async Task Application_without_the_permission_to_read_accounts_is_refused()
    {
        var address = await directory.FollowAccounts(StandInTenant.TenantId, default);
        await tenant.SetFaults(new { kind = "Refuse", status = 403, code = "Authorization_RequestDenied", path = "/users/" });

        await Assert.ThrowsAsync<DirectoryForbiddenException>(() => directory.FollowAccounts(StandInTenant.TenantId, default));
        await Assert.ThrowsAsync<DirectoryForbiddenException>(() => directory.ChangedAccounts(StandInTenant.TenantId, address, default));
        await Assert.ThrowsAsync<DirectoryForbiddenException>(() => directory.IsEnabled(StandInTenant.TenantId, StandInTenant.Johanna, default));
    }

    [Theory]
    [InlineData("Half", null)]
    [InlineData("Refuse", 503)]
    [InlineData("Refuse", 404)]
    public async Task A_part_of_what_there_is_to_say_of_accounts_is_no_answer(string kind, int? status)
    {
        var address = await directory.FollowAccounts(StandInTenant.TenantId, default);
        await tenant.SetFaults(new { kind, status, path = "/users/" });

        await Assert.ThrowsAnyAsync<Exception>(() => directory.ChangedAccounts(StandInTenant.TenantId, address, default));
        await Assert.ThrowsAnyAsync<Exception>(() => directory.IsEnabled(StandInTenant.TenantId, StandInTenant.Johanna, default));
    }

    [Fact]
    public async Task Expired_changes_of_accounts_are_reported_as_expired()
    {
        var address = await directory.FollowAccounts(StandInTenant.TenantId, default);
        await tenant.SetFaults(new { kind = "ExpiredDelta", path = "/users/" });

        Assert.True((await directory.ChangedAccounts(StandInTenant.TenantId, address, default)).IsExpired);
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => directory.ChangedAccounts(StandInTenant.TenantId, "http://elsewhere.example/v1.0/users/delta?$deltatoken=x", default));
    }

    [Fact]
    public async Task Unknown_group_has_no_nested_groups() =>
        Assert.Empty(await directory.NestedGroups(StandInTenant.TenantId, StandInTenant.Nobody, default));

    private Task<System.Collections.Immutable.ImmutableArray<Guid>> GroupsOf(Guid userId) => directory.GroupsOf(StandInTenant.TenantId, userId, default);
}
