using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EngageCenter.Storage;

/// <summary>
/// Reads the rows of the SQLite file in one snapshot, taken at the first read, whatever is written meanwhile.
/// </summary>
internal sealed class SqliteStoredRows(SqliteFile file, IOptions<ClusterOptions> cluster) : IStoredRows, IDisposable
{
    private SqliteConnection? connection;

    public async IAsyncEnumerable<StoredRow> All([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT GrainTypeString, GrainIdExtensionString, CAST(PayloadBinary AS BLOB) FROM OrleansStorage
            WHERE ServiceId = $service AND PayloadBinary IS NOT NULL
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // SqliteGrainStorage stores keys as 'type/key'.
            var owner = reader.GetString(1);
            var slash = owner.IndexOf('/', StringComparison.Ordinal);
            yield return new(owner[..Math.Max(slash, 0)], owner[(slash + 1)..], reader.GetString(0), (byte[])reader.GetValue(2));
        }
    }

    public async Task<ReadOnlyMemory<byte>?> Find(string grainType, string key, string name, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT CAST(PayloadBinary AS BLOB) FROM OrleansStorage
            WHERE ServiceId = $service AND GrainTypeString = $name AND GrainIdN0 = 0 AND GrainIdN1 = 0 AND GrainIdExtensionString = $owner
            """);
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$owner", $"{grainType}/{key}");
        var content = await command.ExecuteScalarAsync(cancellationToken) as byte[];

        // A plain null would be converted to empty memory.
        return content is null ? default(ReadOnlyMemory<byte>?) : new(content);
    }

    public void Dispose() => connection?.Dispose();

    /// <exception cref="StorageFileException">The file does not exist or cannot be read.</exception>
    private SqliteCommand Command(string sql)
    {
        if (connection is null)
        {
            var opened = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file.Path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            try
            {
                opened.Open();
                using var begin = opened.CreateCommand();
                begin.CommandText = "BEGIN";
                begin.ExecuteNonQuery();
            }
            catch (SqliteException e)
            {
                opened.Dispose();
                throw new StorageFileException($"The SQLite file '{file.Path}' ({SqliteFile.Setting}) cannot be read: {e.Message}", e);
            }

            connection = opened;
        }

        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$service", cluster.Value.ServiceId);
        return command;
    }
}
