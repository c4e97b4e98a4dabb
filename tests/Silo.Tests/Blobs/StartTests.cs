using System.Globalization;
using Azure.Storage.Blobs;
using EngageCenter.Silo.Tests.Storage;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Tests how a silo's store is configured, and the errors of wrong settings.</summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class StartTests(BlobFixture fixture) : IClassFixture<BlobFixture>
{
    private const string Secret = "c2VjcmV0";

    [Fact]
    public async Task Connection_string_may_have_a_name()
    {
        await using var silo = await BlobSilo.Start(("ConnectionName", "blobs"), (":ConnectionStrings:blobs", fixture.Azurite.ConnectionString));

        await CanStore(silo);
    }

    [Fact]
    public async Task Service_key_names_a_client_created_from_a_connection_string()
    {
        await using var silo = await BlobSilo.Start(("ServiceKey", "blobs"), (":ConnectionStrings:blobs", fixture.Azurite.ConnectionString));

        await CanStore(silo);
    }

    [Fact]
    public async Task Service_key_takes_precedence_over_a_connection_string()
    {
        await using var silo = await BlobSilo.Start(
            ("ServiceKey", "blobs"), (":ConnectionStrings:blobs", fixture.Azurite.ConnectionString), ("ConnectionString", "nonsense"));

        await CanStore(silo);
    }

    [Fact]
    public async Task Address_with_a_shared_access_signature_works_as_a_connection_string()
    {
        var account = new BlobServiceClient(fixture.Azurite.ConnectionString);
        var address = account.GenerateAccountSasUri(
            Azure.Storage.Sas.AccountSasPermissions.All, TimeProvider.System.GetUtcNow().AddHours(1), Azure.Storage.Sas.AccountSasResourceTypes.All);
        await using var silo = await BlobSilo.Start(("ConnectionString", address.ToString()));

        await CanStore(silo);
    }

    [Fact]
    public async Task Address_under_a_service_key_uses_an_identity()
    {
        await using var silo = BlobSilo.Build(("ServiceKey", "blobs"), (":ConnectionStrings:blobs", "https://contoso.blob.core.windows.net/"));

        var client = silo.Services.GetRequiredKeyedService<BlobServiceClient>("blobs");

        Assert.Equal("contoso", client.AccountName);
        Assert.False(client.CanGenerateAccountSasUri);
    }

    [Theory]
    [InlineData("grainstate", "", "", "names no account")]
    [InlineData("grainstate", "ConnectionString", "AccountKey=" + Secret, "Orleans:GrainStorage:Default:ConnectionString is not a connection string")]
    [InlineData("grainstate", "ConnectionName", "missing", "names no account")]
    [InlineData("grainstate", "ServiceKey", "missing", "ConnectionStrings:missing is missing")]
    [InlineData("grainstate", "ServiceKey", "broken", "ConnectionStrings:broken is neither")]
    [InlineData("grainstate", "ServiceKey", "http", "ConnectionStrings:http is neither")]
    [InlineData("UpperCase", "ConnectionString", "UseDevelopmentStorage=true", "Orleans:GrainStorage:Default:ContainerName is 'UpperCase'")]
    [InlineData("a", "ConnectionString", "UseDevelopmentStorage=true", "ContainerName")]
    [InlineData("a--b", "ConnectionString", "UseDevelopmentStorage=true", "ContainerName")]
    [InlineData("$root", "ConnectionString", "UseDevelopmentStorage=true", "ContainerName")]
    public async Task Wrong_setting_prevents_the_start_and_is_named_without_its_secret(string container, string key, string value, string says)
    {
        var error = await Assert.ThrowsAsync<Orleans.Runtime.OrleansConfigurationException>(async () =>
        {
            await using var silo = await BlobSilo.Start(
                ("ContainerName", container), (key, value),
                (":ConnectionStrings:broken", $"AccountKey={Secret}"), (":ConnectionStrings:http", "http://contoso.blob.core.windows.net/"));
        });

        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unreachable_store_prevents_the_start_and_is_named()
    {
        var port = FreePort.Next();
        await using var silo = BlobSilo.Build(("ConnectionString", Azurite.ConnectionStringAt(port)));

        var error = await Assert.ThrowsAsync<IOException>(silo.StartAsync);

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/devstoreaccount1/grainstate"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_that_refuses_access_prevents_the_start()
    {
        var wrongKey = fixture.Azurite.ConnectionString.Replace("AccountKey=Eby8", "AccountKey=Ebz8", StringComparison.Ordinal);
        await using var silo = BlobSilo.Build(("ConnectionString", wrongKey));

        var error = await Assert.ThrowsAsync<IOException>(silo.StartAsync);

        Assert.Contains("403 AuthorizationFailure", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../other/key")]
    [InlineData("a/../../grainstate2/b")]
    [InlineData("a/./b")]
    [InlineData("a\\b")]
    public async Task Key_that_gives_the_name_of_another_blob_is_refused(string key)
    {
        var id = GrainId.Create("note", key);

        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Silo.Storage.WriteStateAsync("state", id, new GrainState<Note>(new Note())));
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Silo.Storage.ReadStateAsync("state", id, new GrainState<Note>()));
        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Silo.Storage.ClearStateAsync("state", id, new GrainState<Note>()));
    }

    [Fact]
    public async Task Too_long_key_is_refused()
    {
        var id = GrainId.Create("note", new string('x', BlobContainer.MaxIdLength));

        await Assert.ThrowsAsync<ArgumentException>(() => fixture.Silo.Storage.WriteStateAsync("state", id, new GrainState<Note>(new Note())));
    }

    private static async Task CanStore(TestSilo silo)
    {
        var id = GrainId.Create("note", Guid.NewGuid().ToString("N"));
        await silo.Storage.WriteStateAsync("state", id, new GrainState<Note>(new Note { Text = "stored" }));
        var read = new GrainState<Note>();
        await silo.Storage.ReadStateAsync("state", id, read);
        Assert.Equal("stored", read.State!.Text);
    }
}
