using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace EngageCenter.Storage;

/// <summary>The one file that holds all grain state, and the way its connections are opened.</summary>
internal sealed class SqliteFile : DbDataSource
{
    /// <summary>The setting that names the file, relative to the working directory.</summary>
    public const string Setting = "Storage:SqliteFile";

    public const string DefaultPath = ".data/engage-center.db";

    /// <summary>
    /// How long a statement waits for a lock that another process holds, in seconds. Well below the response timeout
    /// of a grain call, so that its caller learns of the failure rather than of a timeout.
    /// </summary>
    public const int BusySeconds = 10;

    public SqliteFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        ConnectionString = Connect(SqliteOpenMode.ReadWrite);
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    // Without 'Create': a file that disappears under a running silo must fail, not come back empty.
    public override string ConnectionString { get; }

    /// <summary>
    /// Creates the folder, the file and its tables where they are missing, and leaves them as they are otherwise.
    /// </summary>
    /// <exception cref="StorageFileException">The file cannot serve as the store.</exception>
    public void Prepare()
    {
        try
        {
            CreateFolder();
            using var connection = new SqliteConnection(Connect(SqliteOpenMode.ReadWriteCreate));
            connection.Open();
            Configure(connection);

            // Readers go on while one writes. The mode is a property of the file; it cannot be set in a transaction.
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

    /// <summary>Closes the pooled connections; the last one to close moves the log into the file.</summary>
    public void Close()
    {
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        // A pooled connection still writes to a file that was deleted, and all of it would go with the process.
        if (!File.Exists(Path))
        {
            throw new FileNotFoundException($"The SQLite file '{Path}' ({Setting}) has disappeared.", Path);
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

    // The base class would open the connection by itself, without configuring it. SQLite's driver has no asynchronous open.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(OpenDbConnection());
    }

    private static void Configure(SqliteConnection connection)
    {
        // FULL: a write is acknowledged once the log has been flushed to the disk, so it survives the loss of power as
        // well as the end of the process. NORMAL would survive the latter alone, and is 0.4 ms a write faster (0.6 to 0.2
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
            // The store holds names and addresses of people: a folder made for it is its owner's alone.
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void CreateTables(SqliteConnection connection)
    {
        // Immediate: of two processes that start on one new file, the second waits for the first.
        using var transaction = connection.BeginTransaction(deferred: false);
        var version = Scalar<long>(connection, "PRAGMA user_version");
        if (version > SqliteSchema.Version)
        {
            throw Unusable($"a newer version of this program wrote it (schema {version}, known up to {SqliteSchema.Version})");
        }

        Execute(connection, SqliteSchema.Tables);
        foreach (var (key, text) in SqliteSchema.Queries)
        {
            // The statements belong to the program; the table only hands them to the provider.
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
        // Only the serving connections are worth keeping.
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
