using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EngageCenter.Cli.Session;

namespace EngageCenter.Cli.Cases;

/// <summary>The progress of an import. It is stored in a file after each batch, so that the next import continues from there.</summary>
/// <param name="Length">The size of the imported file in bytes. A changed file is imported from its beginning; the service ignores updates that it has.</param>
/// <param name="Offset">How many bytes of the file the service has accepted.</param>
/// <param name="Number">The last line or row that the service has accepted.</param>
/// <param name="RejectedBytes">How many bytes of the file of rejected lines belong to accepted batches.</param>
internal sealed record ImportProgress(long Length, DateTimeOffset ModifiedAt, long Offset, long Number, long Applied, long Ignored, long Rejected, long RejectedBytes)
{
    public static ImportProgress Begin(FileInfo file) => new(file.Length, file.LastWriteTimeUtc, 0, 0, 0, 0, 0, 0);

    /// <summary>Returns the path of the file that keeps the progress of an import.</summary>
    public static string PathOf(string home, string server, string workspace, string file, string? map) =>
        Path.Combine(home, "imports", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', server, workspace, file, map)))[..12]) + ".json");

    /// <summary>Reads the progress.</summary>
    /// <returns>Null if there is none, or if the imported file has changed since.</returns>
    public static ImportProgress? Read(string path, FileInfo file)
    {
        try
        {
            return OwnerFile.Read(path) is { } bytes && JsonSerializer.Deserialize<ImportProgress>(bytes) is { } read
                && read.Length == file.Length && read.ModifiedAt == file.LastWriteTimeUtc && read.Offset <= file.Length ? read : null;
        }
        catch (JsonException)
        {
            // Without progress, the import starts from the beginning and ends in the same state.
            return null;
        }
    }

    public void Save(string path) => OwnerFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this));
}
