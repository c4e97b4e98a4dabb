using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Paging;
using EngageCenter.Users;
using Orleans.Concurrency;

namespace EngageCenter.Directories;

/// <summary>Answers from the directory of a workspace's organization to people with the permission. Keyed by the workspace's id. Stores nothing.</summary>
[GrainType("workspace-directory"), Reentrant]
internal sealed class WorkspaceDirectoryGrain(PolicyCache policies, IDirectory directory, DirectoryCallers callers) : Grain, IWorkspaceDirectoryGrain
{
    private string Id => this.GetPrimaryKeyString();

    public async Task<DirectoryState?> State(AccessDecision decision)
    {
        if (await policies.Accept(decision, Id, Permissions.ViewEntraGroups) is not { Policy: var policy })
        {
            return null;
        }

        return directory.IsConfiguredFor(policy.TenantId) ? await Of(policy).State() : new(DirectoryStatus.NotConfigured);
    }

    public async Task<Page<FoundGroup>?> Groups(AccessDecision decision, DirectoryGroupQuery query)
    {
        Bounds.Page(query.Page);
        Bounds.Query(query.Search);
        if (await policies.Accept(decision, Id, Permissions.ManageEntraGroups) is not { Policy: var policy })
        {
            return null;
        }

        var found = directory.IsConfiguredFor(policy.TenantId) ? await Find(policy, decision.Person, query) : new([], null, 0);

        // The right is checked again, because the directory may have taken long.
        return await policies.Accept(decision, Id, Permissions.ManageEntraGroups) is null
            ? null
            : new([.. found.Items.Select(group => new FoundGroup(group, policy.RolesOf(group.GroupId)))], found.Next, found.TotalCount);
    }

    public async Task<DirectoryGroupAnswer?> Group(AccessDecision decision, Guid groupId)
    {
        if (await policies.Accept(decision, Id, Permissions.ManageEntraGroups) is not { Policy: var policy })
        {
            return null;
        }

        if (!directory.IsConfiguredFor(policy.TenantId))
        {
            return new(DirectoryAnswer.Unknown);
        }

        try
        {
            using var request = callers.Begin(decision.Person);
            return await Of(policy).Group(groupId) is { } found ? new(DirectoryAnswer.Found, found) : new(DirectoryAnswer.NotFound);
        }
        catch (TryLaterException later) when (!later.IsLimitOfCaller || policy.RolesOf(groupId) != Roles.None)
        {
            // A directory that does not answer must not prevent grants, and a limit of the caller must not prevent that a group
            // loses roles. The directory's grain logs the failure.
            return new(DirectoryAnswer.Unknown);
        }
    }

    public async Task<ImmutableArray<GroupFacts>?> Facts(AccessDecision decision, ImmutableArray<Guid> groups)
    {
        Bounds.Items(groups, 0, PageRequest.MaxSize);
        return await policies.Accept(decision, Id, Permissions.ViewEntraGroups) is { Policy: var policy } ? await Facts(policy, groups, counted: true) : null;
    }

    public async Task<ImmutableArray<Guid>?> WithStatus(AccessDecision decision, GroupStatus status)
    {
        Bounds.Defined(status);
        return await policies.Accept(decision, Id, Permissions.ViewEntraGroups) is { Policy: var policy }
            ? [.. (await Facts(policy, [.. policy.Groups.Select(group => group.GroupId)], counted: false)).Where(facts => facts.Status == status).Select(facts => facts.GroupId)]
            : null;
    }

    private async Task<ImmutableArray<GroupFacts>> Facts(AccessPolicy policy, ImmutableArray<Guid> groups, bool counted) =>
        directory.IsConfiguredFor(policy.TenantId) ? await Of(policy).Facts(groups, counted) : [.. groups.Select(group => new GroupFacts(group, GroupStatus.Unknown))];

    private async Task<Page<DirectoryGroup>> Find(AccessPolicy policy, PersonId person, DirectoryGroupQuery query)
    {
        using var request = callers.Begin(person);
        return !Guid.TryParseExact(query.Search, "D", out var groupId) ? await Of(policy).Groups(query.Search, query.Page)
            : await Of(policy).Group(groupId) is { } found ? new([found], null, 1)
            : new([], null, 0);
    }

    private IDirectoryGrain Of(AccessPolicy policy) => GrainFactory.GetGrain<IDirectoryGrain>($"{policy.TenantId:D}");
}
