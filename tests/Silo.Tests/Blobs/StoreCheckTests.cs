using Azure.Storage.Blobs;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Tests the check of a container.</summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class StoreCheckTests(BlobFixture fixture) : IClassFixture<BlobFixture>
{
    [Fact]
    public async Task Intact_container_has_no_findings_and_lost_or_empty_blobs_are_named()
    {
        await using var silo = await BlobSilo.Start(("ConnectionString", fixture.Azurite.ConnectionString), ("ContainerName", "checked"));
        var tenant = Guid.NewGuid();
        var agreement = new Agreement(
            "Contoso 2026", AgreementType.EnterpriseSupportMca, new(tenant, "Contoso"), new(2020, 1, 1), new(2099, 12, 31),
            [new(Roles.CustomerSupportManager, new(tenant, Guid.NewGuid()), "Adele", "adele@contoso.example", null, true)], [], []);
        var put = await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IAgreementGrain>("contoso")
            .Put(new(ActorKind.Application, Guid.Empty, "automation", null, AppRoles.Agreements), new(agreement, null));
        var workspaceId = put.Agreement!.Workspaces[0].WorkspaceId;
        Assert.Empty(await Check(silo.Services));

        var container = new BlobContainerClient(fixture.Azurite.ConnectionString, "checked");
        await container.DeleteBlobAsync($"workspace-workspace/{workspaceId}.json");
        await container.GetBlobClient("agreement-agreement/empty.json").UploadAsync(BinaryData.FromString(""));
        await container.GetBlobClient("what/is-this").UploadAsync(BinaryData.FromString("{}"));

        var findings = await Check(silo.Services);
        Assert.Equal(3, findings.Count);
        Assert.Contains($"agreement/contoso, row agreement: workspace {workspaceId}, which it names, is gone", findings);
        Assert.Contains(findings, finding => finding.StartsWith("agreement/empty, row agreement: it is not a StoredAgreement", StringComparison.Ordinal));
        Assert.Contains("what/is-this, row of a blob: no grain of this release has such a row", findings);
    }

    private static async Task<List<string>> Check(IServiceProvider services)
    {
        List<string> findings = [];
        await new StoreCheck(services.GetRequiredService<IStoredRows>(), findings.Add).Run(CancellationToken.None);
        return findings;
    }
}
