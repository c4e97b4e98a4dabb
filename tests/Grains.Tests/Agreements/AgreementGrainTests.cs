using System.Globalization;
using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Agreements;

/// <summary>The tests watch storage, so they have a cluster to themselves.</summary>
public sealed class AgreementGrainTests(WarmCluster cluster) : IClassFixture<WarmCluster>, IDisposable
{
    private readonly Contoso contoso = new(cluster);

    [Fact]
    public async Task Contact_is_written_once_for_all_workspaces_and_few_contacts_at_the_same_time()
    {
        List<string> packages = [.. Enumerable.Range(0, 100).Select(n => string.Create(CultureInfo.InvariantCulture, $"Package {n}"))];
        var contacts = Contacts(100);
        var writes = 0;
        var (full, open) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Store.Begins = (operation, name) =>
        {
            if (operation != RowOperation.Write || name != "user")
            {
                return Task.CompletedTask;
            }

            if (Interlocked.Increment(ref writes) == AgreementGrain.CallsAtOnce)
            {
                full.SetResult();
            }

            return open.Task;
        };

        var put = Put(contoso.Agreement(AgreementType.Workload, [.. packages]) with { Contacts = [.. contacts] });
        await full.Task;
        Assert.Null(await cluster.Agreement("another").Get(Contoso.Automation));
        Assert.Equal(AgreementGrain.CallsAtOnce, Volatile.Read(ref writes));

        open.SetResult();
        var workspaces = (await put).Agreement!.Workspaces;
        Assert.Equal(100, workspaces.Length);
        Assert.Equal(contacts.Count, writes);
        foreach (var contact in contacts)
        {
            Assert.Equal(workspaces.Select(w => w.WorkspaceId).Order(StringComparer.Ordinal), ContractsOf(contact.Person));
        }
    }

    [Fact]
    public async Task A_refused_agreement_leaves_nothing_in_the_lists_of_its_contacts()
    {
        var contacts = Contacts(3);
        var full = contacts[2].Person;
        var first = (await Put(contoso.Agreement(AgreementType.EnterpriseSupportMca) with { Contacts = [.. contacts] })).Agreement!.Workspaces.Single();
        await cluster.Forget();
        cluster.Store.Change("user", UserId(full), row =>
        {
            var entries = row["Contracts"]!["Entries"]!.AsObject();
            for (var n = entries.Count; n < WorkspaceIndex.MaxEntries; n++)
            {
                entries[$"{n:x32}"] = 1;
            }
        });

        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.Equal(
                PutAgreementStatus.TooManyWorkspaces,
                (await Put(contoso.Agreement(AgreementType.Workload, "One", "Two") with { Contacts = [.. contacts] }, $"refused-{attempt}")).Status);
        }

        Assert.Equal([first.WorkspaceId], ContractsOf(contacts[0].Person));
        Assert.Equal([first.WorkspaceId], ContractsOf(contacts[1].Person));
        Assert.Equal(WorkspaceIndex.MaxEntries, ContractsOf(full).Count);
    }

    public void Dispose() => cluster.Store.Begins = (_, _) => Task.CompletedTask;

    private static GrainId UserId(PersonId person) => GrainId.Create("user", person.ToString());

    private List<Contact> Contacts(int count) =>
    [
        .. Enumerable.Range(0, count).Select(n => new Contact(
            Roles.CustomerSupportManager, new(contoso.Tenant, Guid.NewGuid()), $"Contact {n}", $"contact{n}@contoso.example", null, true)),
    ];

    private List<string> ContractsOf(PersonId person) =>
        [.. cluster.Store.Row("user", UserId(person))?["Contracts"]?["Entries"] is JsonObject entries ? entries.Select(e => e.Key) : []];

    private Task<PutAgreementOutcome> Put(Agreement agreement, string? id = null) =>
        cluster.Agreement(id ?? contoso.AgreementId).Put(Contoso.Automation, new(agreement, null));
}
