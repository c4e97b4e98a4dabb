using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace EngageCenter.Storage;

/// <summary>The SQLite file that holds all grain state; opens its connections.</summary>
internal sealed class SqliteFile : DbDataSource
{
    /// <summary>The setting that names the file, relative to the working directory.</summary>
    public const string Setting = "Storage:SqliteFile";

    public const string DefaultPath = ".data/engage-center.db";

    /// <summary>
    /// How long a statement waits for a lock of another process, in seconds. It is well below the response timeout of a
    /// grain call, so that the caller learns of the failure instead of a timeout.
    /// </summary>
    public const int BusySeconds = 10;

    public SqliteFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        ConnectionString = Connect(SqliteOpenMode.ReadWrite);
    }

    /// <summary>The absolute path of the file.</summary>
    public string Path { get; }

    // Without 'Create': if the file disappears under a running silo, opening it must fail instead of creating an empty file.
    public override string ConnectionString { get; }

    /// <summary>Creates the folder, the file and its tables if they are missing, and changes nothing otherwise.</summary>
    /// <exception cref="StorageFileException">The file cannot serve as the store.</exception>
    public void Prepare()
    {
        try
        {
            CreateFolder();
            using var connection = new SqliteConnection(Connect(SqliteOpenMode.ReadWriteCreate));
            connection.Open();
            Configure(connection);

            // With write-ahead logging, reads continue during a write. The mode belongs to the file and cannot be set in a
            // transaction.
            var mode = Scalar<string>(connection, "PRAGMA journal_mode = WAL");
            if (mode != "wal")
            {
                throw Unusable($"its file system does not support write-ahead logging (journal mode '{mode}')");
            }

            CreateTables(connection);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw Unusable(e.Message, e);
        }
    }

    /// <summary>Closes the pooled connections. The last one to close moves the log into the file.</summary>
    public void Close()
    {
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        // A pooled connection can still write to a deleted file, and everything written would be lost with the process.
        if (!File.Exists(Path))
        {
            throw new FileNotFoundException($"The SQLite file '{Path}' ({Setting}) no longer exists. Restore it from a backup and restart the silo.", Path);
        }

        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            Configure(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // The base class would open the connection without configuring it. SQLite's driver cannot open asynchronously.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(OpenDbConnection());
    }

    private static void Configure(SqliteConnection connection)
    {
        // FULL: a write is acknowledged after the log is flushed to the disk, so it survives a power loss as well as the end
        // of the process. NORMAL would survive only the latter, and is 0.4 ms faster for each write (0.2 instead of 0.6 ms
        // for 1 kB, median, on a virtual machine's ext4).
        using var pragmas = connection.CreateCommand();
        pragmas.CommandText = $"PRAGMA synchronous = FULL; PRAGMA busy_timeout = {BusySeconds * 1000}";
        pragmas.ExecuteNonQuery();
    }

    private void CreateFolder()
    {
        var folder = System.IO.Path.GetDirectoryName(Path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            // The store contains names and addresses of people, so only the owner may open a folder created for it.
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void CreateTables(SqliteConnection connection)
    {
        // Immediate: if two processes start on one new file, the second waits for the first.
        using var transaction = connection.BeginTransaction(deferred: false);
        var version = Scalar<long>(connection, "PRAGMA user_version");
        if (version > SqliteSchema.Version)
        {
            throw Unusable($"a newer version of this program wrote it (schema {version}, known up to {SqliteSchema.Version})");
        }

        Execute(connection, SqliteSchema.Tables);
        foreach (var (key, text) in SqliteSchema.Queries)
        {
            // The program defines the statements; the table only passes them to the provider.
            Execute(
                connection,
                """
                INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES ($key, $text)
                ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText WHERE QueryText <> excluded.QueryText
                """,
                ("$key", key),
                ("$text", text));
        }

        Execute(connection, $"PRAGMA user_version = {SqliteSchema.Version}");
        transaction.Commit();
    }

    private StorageFileException Unusable(string reason, Exception? cause = null) =>
        new($"The SQLite file '{Path}' ({Setting}) cannot be used: {reason}", cause);

    private string Connect(SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = Path,
        Mode = mode,
        // Only connections for reading and writing rows are worth pooling.
        Pooling = mode == SqliteOpenMode.ReadWrite,
        DefaultTimeout = BusySeconds,
    }.ToString();

    private static void Execute(SqliteConnection connection, string sql, params (string Name, string Value)[] parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }

    private static T Scalar<T>(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }
}
