namespace EngageCenter.Storage;

/// <summary>
/// Tables and statements of the store. The ADO.NET provider of Orleans reads its statements from the table
/// <c>OrleansQuery</c>; the parameters and the columns of the results are its contract.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>Kept in SQLite's <c>user_version</c>. A file with a greater one was written by a newer program.</summary>
    public const int Version = 1;

    // The row's identity is compared as strings, byte by byte: the provider's hashes exist for databases that limit
    // the width of an index, and two grains may share one.
    public const string Tables = """
        CREATE TABLE IF NOT EXISTS OrleansQuery (
            QueryKey  TEXT NOT NULL PRIMARY KEY,
            QueryText TEXT NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS OrleansStorage (
            ServiceId              TEXT    NOT NULL,
            GrainTypeString        TEXT    NOT NULL,
            GrainIdN0              INTEGER NOT NULL,
            GrainIdN1              INTEGER NOT NULL,
            GrainIdExtensionString TEXT    NOT NULL,
            PayloadBinary          BLOB,
            Version                INTEGER NOT NULL,
            PRIMARY KEY (ServiceId, GrainTypeString, GrainIdN0, GrainIdN1, GrainIdExtensionString)
        );
        """;

    private const string ThisRow = """
        ServiceId = @ServiceId AND GrainTypeString = @GrainTypeString
        AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1 AND GrainIdExtensionString = @GrainIdExtensionString
        """;

    private const string Read = $"""
        SELECT PayloadBinary, Version FROM OrleansStorage WHERE {ThisRow};
        """;

    // One statement, so that the check and the change cannot come apart. Without a version it inserts, with one it
    // updates the row of that very version; otherwise it returns no row, which the provider takes for a conflict.
    private const string Write = $"""
        INSERT INTO OrleansStorage
            (ServiceId, GrainTypeString, GrainIdN0, GrainIdN1, GrainIdExtensionString, PayloadBinary, Version)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, @GrainIdExtensionString, @PayloadBinary, 1
        WHERE @GrainStateVersion IS NULL
            OR EXISTS (SELECT 1 FROM OrleansStorage WHERE {ThisRow} AND Version = @GrainStateVersion)
        ON CONFLICT (ServiceId, GrainTypeString, GrainIdN0, GrainIdN1, GrainIdExtensionString) DO UPDATE
            SET PayloadBinary = excluded.PayloadBinary, Version = OrleansStorage.Version + 1
            WHERE OrleansStorage.Version = @GrainStateVersion
        RETURNING Version AS NewGrainStateVersion;
        """;

    // The row stays, without its payload. Were it deleted, versions would start over, and a writer that still holds a
    // version from before the clear could overwrite what was written after it.
    private const string Clear = $"""
        UPDATE OrleansStorage SET PayloadBinary = NULL, Version = Version + 1
        WHERE {ThisRow} AND Version = @GrainStateVersion
        RETURNING Version AS NewGrainStateVersion;
        """;

    public static IReadOnlyDictionary<string, string> Queries { get; } = new Dictionary<string, string>
    {
        ["ReadFromStorageKey"] = Read,
        ["WriteToStorageKey"] = Write,
        ["ClearStorageKey"] = Clear,
    };
}
