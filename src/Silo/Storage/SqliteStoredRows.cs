using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EngageCenter.Storage;

/// <summary>The rows of the SQLite file as they were when the first was asked for, whoever writes meanwhile.</summary>
internal sealed class SqliteStoredRows(SqliteFile file, IOptions<ClusterOptions> cluster) : IStoredRows, IDisposable
{
    private SqliteConnection? connection;

    public async IAsyncEnumerable<StoredRow> All([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT GrainTypeString, GrainIdExtensionString, PayloadBinary FROM OrleansStorage
            WHERE ServiceId = $service AND PayloadBinary IS NOT NULL
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            // As SqliteGrainStorage has it: 'type/key'.
            var owner = reader.GetString(1);
            var slash = owner.IndexOf('/', StringComparison.Ordinal);
            yield return new(owner[..Math.Max(slash, 0)], owner[(slash + 1)..], reader.GetString(0), (byte[])reader.GetValue(2));
        }
    }

    public async Task<ReadOnlyMemory<byte>?> Find(string grainType, string key, string name, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            SELECT PayloadBinary FROM OrleansStorage
            WHERE ServiceId = $service AND GrainTypeString = $name AND GrainIdN0 = 0 AND GrainIdN1 = 0 AND GrainIdExtensionString = $owner
            """);
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$owner", $"{grainType}/{key}");
        var content = await command.ExecuteScalarAsync(cancellationToken) as byte[];

        // A plain null would be converted to memory that is empty.
        return content is null ? default(ReadOnlyMemory<byte>?) : new(content);
    }

    public void Dispose() => connection?.Dispose();

    /// <exception cref="StorageFileException">The file is not there, or cannot be read.</exception>
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
