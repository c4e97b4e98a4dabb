using Azure.Storage.Blobs;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>The container in which a storage provider keeps its blobs, one blob for each state of a grain.</summary>
internal sealed class BlobContainer(string name) : IBlobContainerFactory
{
    /// <summary>The default container, the same as that of Orleans' provider.</summary>
    public const string DefaultName = "grainstate";

    /// <summary>
    /// The maximum length of a grain's id, which is its type and key, in characters. Azure allows 1,024 characters for the
    /// name of a blob, which also contains the name of the state.
    /// </summary>
    public const int MaxIdLength = 960;

    private BlobContainerClient? container;

    /// <summary>
    /// Returns whether Azure accepts the name: 3 to 63 lower-case letters, digits, and single hyphens between them.
    /// </summary>
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

    /// <exception cref="ArgumentException">The id would give the name of another grain's blob, or is too long.</exception>
    public BlobContainerClient GetBlobContainerClient(GrainId grainId)
    {
        // In an address, the segment '..' leads to another blob or even another container, and Azure reads '\' as '/'.
        var id = grainId.ToString();
        return id.Length <= MaxIdLength && !id.Contains('\\', StringComparison.Ordinal) && !id.Split('/')[..^1].Any(segment => segment is "." or "..")
            ? container ?? throw new InvalidOperationException("The silo has not started.")
            : throw new ArgumentException($"The grain id '{id}' cannot be used in the name of a blob.", nameof(grainId));
    }
}
