using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.Agreements;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace EngageCenter.Grains.Tests.Access;

/// <summary>The copies of a set at web nodes while the set changes.</summary>
public sealed partial class KnownIdsTests
{
    /// <summary>As after a backup was restored while web nodes kept running.</summary>
    [Fact]
    public async Task Set_with_an_older_version_than_a_host_holds_is_refused()
    {
        var workspace = await contoso.Workspace();
        await contoso.Grant(workspace, group, Roles.SupportUser);
        var key = KnownIds.GroupsOf(contoso.Tenant);
        var known = (await WebNode().Current(key))!.Version;
        await cluster.Forget();

        cluster.Store.Change("known-ids", IdOf(key), row =>
        {
            row["Version"] = known - 1;
            row["Entries"] = new JsonObject();
        });

        Assert.Equal(PolicyAnswerKind.Unconfirmed, (await NodeThatWasTold(known).Get(key)).Kind);
        Assert.Equal(PolicyAnswerKind.Leased, (await NodeThatWasTold(known - 1).Get(key)).Kind);
    }

    /// <summary>Two web nodes hold the set without the tenant when an agreement is going to name it.</summary>
    [Fact]
    public async Task Tenant_is_known_at_every_web_node_after_its_agreement_was_acknowledged()
    {
        await contoso.Workspace();
        KnownIdsCache[] nodes = [WebNode(), WebNode()];
        foreach (var _ in Enumerable.Range(0, 5))
        {
            var (tenant, reader) = (Guid.NewGuid(), Guid.NewGuid());
            foreach (var node in nodes)
            {
                Assert.False((await node.Current(KnownIds.TenantsWith(tenant)))!.MayHold(tenant));
                Assert.False((await node.Current(KnownIds.TenantsWith(reader)))!.MayHold(reader));
            }

            var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
            await contoso.Put(agreement with
            {
                Contacts = agreement.Contacts.Add(new(Roles.IncidentManager, new(tenant, Guid.NewGuid()), "Joni", "joni@microsoft.example", null, true)),
                BillingReaders = [new("account", null, reader, Guid.NewGuid(), null)],
            });

            foreach (var node in nodes)
            {
                Assert.True((await node.Current(KnownIds.TenantsWith(tenant)))!.MayHold(tenant));
                Assert.True((await node.Current(KnownIds.TenantsWith(reader)))!.MayHold(reader));
            }
        }
    }

    /// <summary>A stopped web node does not answer. Its lease expires, and the agreement waits for that.</summary>
    [Fact]
    public async Task Agreement_waits_until_the_lease_of_a_silent_web_node_has_expired()
    {
        await contoso.Workspace();
        var tenant = Guid.NewGuid();
        using var services = new ServiceCollection().AddMetrics().AddSingleton<AccessMetrics>().BuildServiceProvider();
        var silent = new SilentNode(cluster.Grains, services.GetRequiredService<AccessMetrics>());
        var held = (await silent.Get(KnownIds.TenantsWith(tenant))).Lease!;
        Assert.False(held.Leased.MayHold(tenant));

        var agreement = contoso.Agreement(AgreementType.EnterpriseSupportMca);
        await contoso.Put(agreement with
        {
            Contacts = agreement.Contacts.Add(new(Roles.IncidentManager, new(tenant, Guid.NewGuid()), "Joni", "joni@microsoft.example", null, true)),
        });

        Assert.False(held.IsValid);
        Assert.True(silent.WasRecalled.Task.IsCompleted);
        silent.Answer.SetResult();
    }

    private SilentNode NodeThatWasTold(long version)
    {
        var node = new SilentNode(cluster.Grains, new ServiceCollection().AddMetrics().AddSingleton<AccessMetrics>().BuildServiceProvider().GetRequiredService<AccessMetrics>(), version);
        node.Answer.SetResult();
        return node;
    }

    private KnownIdsCache WebNode()
    {
        var services = new ServiceCollection().AddMetrics().AddSingleton<AccessMetrics>().BuildServiceProvider();
        return new(cluster.Grains, services.GetRequiredService<AccessMetrics>(), TimeProvider.System, NullLogger<KnownIdsCache>.Instance);
    }

    /// <summary>A web node that asks for a lease and then does not answer.</summary>
    private sealed class SilentNode(IGrainFactory grains, AccessMetrics metrics, long told = -1)
        : LeaseCache<KnownIds, IKnownIdsHolder>(grains, metrics, TimeProvider.System, NullLogger.Instance, "silent", 10), IKnownIdsHolder
    {
        public TaskCompletionSource WasRecalled { get; } = new();

        public TaskCompletionSource Answer { get; } = new();

        async Task IKnownIdsHolder.Recall(string key)
        {
            WasRecalled.TrySetResult();
            await Answer.Task;
        }

        protected override async Task<(PolicyAnswerKind Kind, KnownIds? Leased, TimeSpan Lease)> Request(
            IGrainFactory grains, string key, KnownIds? known, IKnownIdsHolder holder)
        {
            var answer = await grains.GetGrain<IKnownIdsGrain>(key).Lease(holder, told);
            return (answer.Kind, answer.Ids ?? (answer.Kind == PolicyAnswerKind.Leased ? new(told, [], true) : null), answer.Lease);
        }
    }
}
