using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EngageCenter.Cli.Session;

namespace EngageCenter.Cli.Cases;

/// <summary>How far an import came, kept in a file after each batch, so that the next one goes on there.</summary>
/// <param name="Length">Bytes of the imported file. Another one is imported from its beginning: an update that came before is ignored.</param>
/// <param name="Offset">Bytes of it that the service has taken.</param>
/// <param name="Number">The last line or row of these.</param>
/// <param name="RejectedBytes">Of the file of rejected lines, what belongs to them.</param>
internal sealed record ImportProgress(long Length, DateTimeOffset ModifiedAt, long Offset, long Number, long Applied, long Ignored, long Rejected, long RejectedBytes)
{
    public static ImportProgress Begin(FileInfo file) => new(file.Length, file.LastWriteTimeUtc, 0, 0, 0, 0, 0, 0);

    /// <summary>The file that an import of a file into a workspace is kept in.</summary>
    public static string PathOf(string home, string server, string workspace, string file, string? map) =>
        Path.Combine(home, "imports", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', server, workspace, file, map)))[..12]) + ".json");

    /// <returns>Null if there is none, or if it belongs to another state of the file.</returns>
    public static ImportProgress? Read(string path, FileInfo file)
    {
        try
        {
            return OwnerFile.Read(path) is { } bytes && JsonSerializer.Deserialize<ImportProgress>(bytes) is { } read
                && read.Length == file.Length && read.ModifiedAt == file.LastWriteTimeUtc && read.Offset <= file.Length ? read : null;
        }
        catch (JsonException)
        {
            // Nothing is lost: an import from the beginning ends in the same state.
            return null;
        }
    }

    public void Save(string path) => OwnerFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this));
}
