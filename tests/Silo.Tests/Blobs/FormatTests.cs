using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>
/// Tests the content of the container: the format of Microsoft.Orleans.Persistence.AzureStorage, which must be able to take
/// over.
/// </summary>
[Collection(BlobFixture.OneAtATime)]
public sealed class FormatTests(BlobFixture fixture) : IClassFixture<BlobFixture>
{
    private IGrainStorage Storage => fixture.Silo.Storage;

    [Theory]
    [InlineData("note", "key", "state-note/key.json")]
    [InlineData("note", "tenant/user", "state-note/tenant/user.json")]
    [InlineData("тип", "справа №1 50%", "state-тип/справа №1 50%.json")]
    public async Task State_is_a_blob_with_its_name_and_the_serializers_bytes(string type, string key, string name)
    {
        var note = new Note { Text = "Привіт", Open = false, Mood = Mood.Bad };

        await Storage.WriteStateAsync("state", GrainId.Create(type, key), new GrainState<Note>(note));

        var blob = fixture.Container.GetBlobClient(name);
        var content = (await blob.DownloadContentAsync()).Value;
        Assert.Equal("application/octet-stream", content.Details.ContentType);
        Assert.Equal(BlobType.Block, content.Details.BlobType);
        var serializer = fixture.Silo.Services.GetRequiredService<IGrainStorageSerializer>();
        Assert.Equal(serializer.Serialize(note).ToArray(), content.Content.ToArray());
        var json = JsonNode.Parse(content.Content)!;
        Assert.Equal("Привіт", (string?)json["Text"]);
        Assert.False((bool)json["Open"]!);
        Assert.Equal("Bad", (string?)json["Mood"]);
    }

    [Fact]
    public async Task Etag_is_that_of_the_blob()
    {
        var (id, blob) = New();
        var state = new GrainState<Note>(new Note());

        await Storage.WriteStateAsync("state", id, state);

        Assert.Equal((await blob.GetPropertiesAsync()).Value.ETag.ToString(), state.ETag);
    }

    [Fact]
    public async Task Blob_written_by_another_program_is_read_and_replaced()
    {
        var (id, blob) = New();
        var row = JsonNode.Parse(RowFormat.Write(new Note { Text = "from elsewhere", Count = 1 }))!.AsObject();
        row.Remove(RowFormat.VersionMember);
        await blob.UploadAsync(BinaryData.FromString(row.ToJsonString()));

        var read = await Read(id);
        Assert.True(read.RecordExists);
        Assert.Equal("from elsewhere", read.State!.Text);

        read.State = read.State with { Count = 2 };
        await Storage.WriteStateAsync("state", id, read);
        Assert.Equal(2, (await Read(id)).State!.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("garbage")]
    public async Task Blob_without_a_state_is_refused_and_not_overwritten(string content)
    {
        var (id, blob) = New();
        await blob.UploadAsync(BinaryData.FromString(content));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Read(id));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("state", id, new GrainState<Note>(new Note())));

        Assert.Equal(content, (await blob.DownloadContentAsync()).Value.Content.ToString());
    }

    [Fact]
    public async Task Clear_deletes_the_blob()
    {
        var (id, blob) = New();
        var state = new GrainState<Note>(new Note());
        await Storage.WriteStateAsync("state", id, state);
        Assert.True(await blob.ExistsAsync());

        await Storage.ClearStateAsync("state", id, state);

        Assert.False(await blob.ExistsAsync());
    }

    [Fact]
    public async Task Configured_container_is_used()
    {
        await using var silo = await BlobSilo.Start(("ConnectionString", fixture.Azurite.ConnectionString), ("ContainerName", "another-one"));
        var (id, blob) = New();

        await silo.Storage.WriteStateAsync("state", id, new GrainState<Note>(new Note()));

        Assert.False(await blob.ExistsAsync());
        Assert.True(await new BlobContainerClient(fixture.Azurite.ConnectionString, "another-one").GetBlobClient(blob.Name).ExistsAsync());
    }

    private (GrainId Id, BlobClient Blob) New()
    {
        var key = Guid.NewGuid().ToString("N");
        return (GrainId.Create("note", key), fixture.Container.GetBlobClient($"state-note/{key}.json"));
    }

    private async Task<GrainState<Note>> Read(GrainId id)
    {
        var state = new GrainState<Note>();
        await Storage.ReadStateAsync("state", id, state);
        return state;
    }
}
