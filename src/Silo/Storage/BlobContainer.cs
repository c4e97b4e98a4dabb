using Azure.Storage.Blobs;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>The container that a storage provider keeps its blobs in, one for each state of a grain.</summary>
internal sealed class BlobContainer(string name) : IBlobContainerFactory
{
    /// <summary>The container if none is configured: that of Orleans' provider.</summary>
    public const string DefaultName = "grainstate";

    /// <summary>
    /// The longest id of a grain, its type and key, in characters. Azure takes 1,024 for the name of a blob, in which the name of
    /// the state stands too.
    /// </summary>
    public const int MaxIdLength = 960;

    private BlobContainerClient? container;

    /// <summary>Whether Azure takes the name: 3 to 63 lower-case letters, digits and single hyphens between them.</summary>
    public static bool IsName(string name) =>
        name.Length is >= 3 and <= 63
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal);

    /// <exception cref="IOException">The container cannot be used; the message says which one, and why.</exception>
    public async Task InitializeAsync(BlobServiceClient client)
    {
        container = client.GetBlobContainerClient(name);
        await container.CreateIfNotExistsAsync();
    }

    /// <exception cref="ArgumentException">The id would be the name of another grain's blob, or is too long for one.</exception>
    public BlobContainerClient GetBlobContainerClient(GrainId grainId)
    {
        // An address with the segment '..' is that of another blob, even of another container. Azure takes '\' for '/'.
        var id = grainId.ToString();
        return id.Length <= MaxIdLength && !id.Contains('\\', StringComparison.Ordinal) && !id.Split('/')[..^1].Any(segment => segment is "." or "..")
            ? container ?? throw new InvalidOperationException("The silo has not started.")
            : throw new ArgumentException($"The id '{id}' of a grain cannot be in the name of a blob.", nameof(grainId));
    }
}
