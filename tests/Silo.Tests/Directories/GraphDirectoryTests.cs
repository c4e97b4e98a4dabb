using EngageCenter.Directories;
using EngageCenter.Paging;

namespace EngageCenter.Silo.Tests.Directories;

/// <summary>The directory of a tenant by Microsoft Graph, as LocalEntra speaks it.</summary>
public sealed class GraphDirectoryTests(StandInTenant tenant) : IClassFixture<StandInTenant>, IAsyncLifetime
{
    private readonly GraphDirectory directory = tenant.Directory();

    public Task InitializeAsync() => tenant.SetFaults();

    public async Task DisposeAsync() => await directory.DisposeAsync();

    [Fact]
    public async Task It_names_all_groups_of_a_person_also_those_that_are_groups_of_groups()
    {
        var groups = await GroupsOf(StandInTenant.Johanna);

        Assert.Equal(300, groups.Length);
        Assert.Contains(StandInTenant.Outer, groups);
        Assert.Contains(StandInTenant.Nested, groups);
    }

    [Fact]
    public async Task Somebody_who_is_not_in_the_directory_is_in_no_group() => Assert.Empty(await GroupsOf(StandInTenant.Nobody));

    [Theory]
    [InlineData("2", 2d)]
    [InlineData("1.5", 1.5)]
    [InlineData("soon", null)]
    [InlineData(null, null)]
    public async Task A_throttled_request_says_when_to_come_again_if_the_directory_does(string? header, double? seconds)
    {
        await tenant.SetFaults(new { kind = "Refuse", status = 429, retryAfter = header, path = "getMemberGroups" });

        var refused = await Assert.ThrowsAsync<DirectoryUnavailableException>(() => GroupsOf(StandInTenant.Johanna));

        Assert.Equal(seconds, refused.RetryAfter?.TotalSeconds);
        Assert.Contains("429", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_of_an_answer_is_none()
    {
        await tenant.SetFaults(new { kind = "Half", path = "getMemberGroups" });

        await Assert.ThrowsAnyAsync<Exception>(() => GroupsOf(StandInTenant.Johanna));
    }

    [Theory]
    [InlineData(403, "Authorization_RequestDenied")]
    [InlineData(404, "ResourceNotFound")]
    [InlineData(500, null)]
    public async Task A_refusal_is_no_answer_and_is_not_tried_again_by_itself(int status, string? code)
    {
        await tenant.SetFaults(new { kind = "Refuse", status, code, path = "getMemberGroups", times = 1 });

        var refused = await Assert.ThrowsAsync<DirectoryUnavailableException>(() => GroupsOf(StandInTenant.Johanna));

        Assert.Contains($"{status}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(300, (await GroupsOf(StandInTenant.Johanna)).Length);
    }

    [Fact]
    public async Task A_silent_directory_is_waited_for_as_long_as_the_caller_does()
    {
        await tenant.SetFaults(new { kind = "Silent" });
        using var limit = new CancellationTokenSource();

        var asked = directory.GroupsOf(StandInTenant.TenantId, StandInTenant.Johanna, limit.Token);
        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public async Task An_application_that_the_tenant_does_not_know_gets_no_answer()
    {
        await using var unknown = tenant.Directory(secret: "another");

        await Assert.ThrowsAnyAsync<Exception>(() => unknown.GroupsOf(StandInTenant.TenantId, StandInTenant.Johanna, default));
    }

    [Fact]
    public async Task A_tenant_that_the_stand_in_does_not_have_gets_no_answer() =>
        await Assert.ThrowsAnyAsync<Exception>(() => directory.GroupsOf(StandInTenant.Nobody, StandInTenant.Johanna, default));

    [Fact]
    public async Task Only_the_listed_tenants_have_a_directory_if_any_are_listed()
    {
        await using var listed = tenant.Directory(StandInTenant.Secret, StandInTenant.TenantId);

        Assert.True(directory.IsConfiguredFor(StandInTenant.Nobody));
        Assert.True(listed.IsConfiguredFor(StandInTenant.TenantId));
        Assert.False(listed.IsConfiguredFor(StandInTenant.Nobody));
    }

    [Fact]
    public async Task Groups_are_found_by_the_beginning_of_their_name_in_pages_by_name()
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
    public async Task A_name_with_marks_of_the_query_is_a_name(string prefix, int count) =>
        Assert.Equal(count, (await directory.Groups(StandInTenant.TenantId, prefix, 10, null, default)).TotalCount);

    [Fact]
    public async Task A_place_that_the_directory_does_not_know_is_no_cursor() =>
        await Assert.ThrowsAsync<InvalidCursorException>(() => directory.Groups(StandInTenant.TenantId, null, 10, "nowhere", default));

    [Fact]
    public async Task A_group_is_found_by_its_id_or_there_is_none()
    {
        Assert.Equal(new(StandInTenant.Outer, "Outer", null), await directory.Group(StandInTenant.TenantId, StandInTenant.Outer, default));
        Assert.Null(await directory.Group(StandInTenant.TenantId, StandInTenant.Nobody, default));
    }

    [Fact]
    public async Task Of_some_groups_those_that_exist_are_found_and_their_people_are_counted()
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
    public async Task A_part_of_the_groups_is_no_answer(string kind)
    {
        await tenant.SetFaults(new { kind, status = kind == "Refuse" ? 503 : (int?)null });

        await Assert.ThrowsAnyAsync<Exception>(() => directory.Existing(StandInTenant.TenantId, [StandInTenant.Outer, StandInTenant.Nested], default));
        if (kind == "Refuse")
        {
            await Assert.ThrowsAnyAsync<Exception>(() => directory.CountPeople(StandInTenant.TenantId, StandInTenant.Outer, default));
        }
    }

    [Fact]
    public async Task It_tells_of_another_name()
    {
        var address = await directory.Follow(StandInTenant.TenantId, [StandInTenant.Outer], default);
        await tenant.Name(StandInTenant.Outer, "Another name");
        var told = Assert.Single((await directory.Changes(StandInTenant.TenantId, address, default)).Changes);
        await tenant.Name(StandInTenant.Outer, "Outer");

        Assert.Equal(("Another name", false, false), (told.DisplayName, told.IsDeleted, told.HasGroups));
        Assert.Empty(told.People);
    }

    [Fact]
    public async Task It_tells_who_came_into_a_group_and_who_left_since_it_is_followed()
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
    public async Task An_address_that_has_expired_is_said_to_have()
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
    public async Task A_part_of_the_changes_is_no_answer(string kind)
    {
        var address = await directory.Follow(StandInTenant.TenantId, [StandInTenant.Quiet], default);
        await tenant.SetFaults(new { kind, status = kind == "Refuse" ? 503 : (int?)null });

        await Assert.ThrowsAnyAsync<Exception>(() => directory.Changes(StandInTenant.TenantId, address, default));
    }

    [Fact]
    public async Task A_group_that_there_is_not_has_no_groups_in_it() =>
        Assert.Empty(await directory.NestedGroups(StandInTenant.TenantId, StandInTenant.Nobody, default));

    private Task<System.Collections.Immutable.ImmutableArray<Guid>> GroupsOf(Guid userId) => directory.GroupsOf(StandInTenant.TenantId, userId, default);
}
