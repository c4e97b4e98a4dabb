using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

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

    private readonly ConditionalWeakTable<sqlite3, object> configured = [];

    // The transaction that a caller writes in.
    private readonly AsyncLocal<SqliteWrites?> writes = new();

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

    /// <summary>Starts a transaction that several callers write in, by <see cref="WriteIn"/>.</summary>
    /// <exception cref="FileNotFoundException">The file has disappeared.</exception>
    /// <exception cref="SqliteException">The file cannot be written, or another process writes for too long.</exception>
    public SqliteWrites BeginWrites()
    {
        var started = Open(new SqliteWrites(ConnectionString));
        try
        {
            started.Begin();
            return started;
        }
        catch (Exception e)
        {
            started.Fail(e);
            throw;
        }
    }

    /// <summary>Runs the write. The connections that it opens are that of the transaction.</summary>
    public async Task WriteIn(SqliteWrites transaction, Func<Task> write)
    {
        writes.Value = transaction;
        await write();
    }

    /// <summary>Closes the pooled connections. The last one to close moves the log into the file.</summary>
    public void Close()
    {
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection() => writes.Value is { IsOver: false } joined ? joined : Open(new SqliteConnection(ConnectionString));

    // The base class would open the connection without configuring it. SQLite's driver cannot open asynchronously.
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(OpenDbConnection());
    }

    private T Open<T>(T connection)
        where T : SqliteConnection
    {
        // A pooled connection can still write to a deleted file, and everything written would be lost with the process.
        if (!File.Exists(Path))
        {
            throw new FileNotFoundException($"The SQLite file '{Path}' ({Setting}) no longer exists. Restore it from a backup and restart the silo.", Path);
        }

        try
        {
            connection.Open();

            // SQLite keeps the settings for as long as a connection is open, also while it is in the pool.
            if (!configured.TryGetValue(connection.Handle!, out _))
            {
                Configure(connection);
                configured.Add(connection.Handle!, connection.Handle!);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Configure(SqliteConnection connection)
    {
        // FULL: a write is acknowledged after the log is flushed to the disk, so it survives a power loss as well as the end
        // of the process. NORMAL would survive only the latter. Writes that come together share the flush, see SqliteGate.
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
