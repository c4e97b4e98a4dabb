using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>Full sets, and how they are cleaned.</summary>
public sealed partial class KnownIdsTests
{
    [Fact]
    public async Task Full_set_removes_only_groups_without_a_role()
    {
        var workspace = await contoso.Workspace();
        var (held, halfway, isNew) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await contoso.Grant(workspace, group, Roles.SupportUser);

        // The group's list has the workspace, but the policy does not name the group: the grant ended in between.
        Break("workspace", RowFate.Fails);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => contoso.Grant(workspace, halfway, Roles.SupportUser));
        Mend();
        await contoso.Grant(workspace, held, Roles.SupportUser);
        await cluster.Settle();
        Fill(KnownIds.GroupsOf(contoso.Tenant), KnownIds.MaxGroups);

        await Assert.ThrowsAsync<TryLaterException>(() => contoso.Grant(workspace, isNew, Roles.SupportUser));
        await Cleaned();

        Assert.Equal(new HashSet<Guid> { group, held }, Known().ToHashSet());
        Assert.Equal(PutGroupStatus.Created, (await contoso.Grant(workspace, isNew, Roles.SupportUser)).Status);
        Assert.Equal(PutGroupStatus.Created, (await contoso.Grant(workspace, halfway, Roles.SupportUser)).Status);
        foreach (var granted in (Guid[])[group, held, halfway, isNew])
        {
            Assert.Equal(workspace, Assert.Single(await Workspaces(Contoso.SignIn(contoso.Somebody(), 0, granted))));
        }
    }

    [Fact]
    public async Task Grant_above_the_limit_of_groups_in_a_tenant_is_refused_by_name()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        await cluster.Settle();
        Fill(KnownIds.GroupsOf(contoso.Tenant), KnownIds.MaxGroups);

        // A group that cannot be asked counts as a group with roles.
        cluster.Called = call =>
        {
            if (call.InterfaceMethod.Name == nameof(IGroupGrain.EmptyAt))
            {
                throw new StorageUnavailableException("This group cannot be asked.");
            }
        };
        await Assert.ThrowsAsync<TryLaterException>(() => contoso.Grant(workspace, Guid.NewGuid(), Roles.SupportUser));
        await Cleaned();

        Assert.Equal(PutGroupStatus.TooManyGroupsInTenant, (await contoso.Grant(workspace, Guid.NewGuid(), Roles.SupportUser)).Status);

        // Known groups can still be changed, and a group that leaves makes room.
        Assert.Equal(PutGroupStatus.Updated, (await contoso.Grant(workspace, group, Roles.AssessmentUser)).Status);
        await contoso.Revoke(workspace, group);
        await cluster.Settle();
        Assert.Equal(PutGroupStatus.Created, (await contoso.Grant(workspace, Guid.NewGuid(), Roles.SupportUser)).Status);
    }

    [Fact]
    public async Task Agreement_above_the_limit_of_tenants_is_refused_by_name_and_changes_nothing()
    {
        await contoso.Workspace();
        var tenant = Guid.NewGuid();
        var key = KnownIds.TenantsWith(tenant);
        await Current(key);
        await cluster.Settle();
        Fill(key, KnownIds.MaxTenants);
        try
        {
            var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
            var outcome = await cluster.Agreement(contoso.AgreementId).Put(Contoso.Automation, new(
                agreement with { Contacts = agreement.Contacts.Add(new(Roles.IncidentManager, new(tenant, Guid.NewGuid()), "Joni", "joni@microsoft.example", null, true)) }, null));

            Assert.Equal(PutAgreementStatus.TooManyTenants, outcome.Status);
            Assert.Single((await cluster.Agreement(contoso.AgreementId).Get())!.Agreement.Contacts);
        }
        finally
        {
            await cluster.Settle();
            cluster.Store.Change("known-ids", IdOf(key), row => row["Entries"] = new JsonObject());
        }
    }

    // The clean-up continues if its caller gives up, and the next call joins it.
    private async Task Cleaned()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await cluster.WithinSilo.GetGrain<ICleanedIds>(KnownIds.GroupsOf(contoso.Tenant)).Clean();
                return;
            }
            catch (TimeoutException) when (attempt < 5)
            {
            }
        }
    }

    private IEnumerable<Guid> Known() => Row(KnownIds.GroupsOf(contoso.Tenant))!["Entries"]!.AsObject().Select(entry => Guid.Parse(entry.Key));

    private void Fill(string key, int count) => cluster.Store.Change("known-ids", IdOf(key), row =>
    {
        var entries = row["Entries"]!.AsObject();
        while (entries.Count < count)
        {
            entries[$"{Guid.NewGuid():D}"] = 0;
        }
    });
}
