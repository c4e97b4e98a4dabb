using Microsoft.Data.Sqlite;

namespace EngageCenter.Silo.Tests.Storage;

internal sealed class SqliteFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("engage-center-").FullName;

    public string File(string name = "store.db") => System.IO.Path.Combine(Path, name);

    /// <summary>Runs a statement on the file with this name, while others may have it open.</summary>
    /// <returns>The first value of the first row; null if there is no row.</returns>
    public object? Execute(string sql) => Query(sql, row => row.GetValue(0)).FirstOrDefault();

    /// <inheritdoc cref="Execute"/>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read)
    {
        using var connection = new SqliteConnection($"Data Source={File()};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
