namespace EngageCenter.Storage;

/// <summary>
/// The tables and statements of the store. Orleans' ADO.NET provider reads its statements from the table
/// <c>OrleansQuery</c>, and defines their parameters and result columns.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>
    /// The schema version, stored in SQLite's <c>user_version</c>. A file with a greater version was written by a newer
    /// program; a file with a smaller one is upgraded in place. Version 1 had no reminders.
    /// </summary>
    public const int Version = 2;

    // The row's identity is compared byte by byte as strings. The provider's hashes exist for databases with a limit on the
    // width of an index, and two grains may have the same hash.
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

        -- A version is never used twice (AUTOINCREMENT), so that a version from before a removal cannot remove a
        -- reminder that was registered afterwards. The provider allows 2,147,483,647 versions.
        CREATE TABLE IF NOT EXISTS OrleansRemindersTable (
            Version      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            ServiceId    TEXT    NOT NULL,
            GrainId      TEXT    NOT NULL,
            ReminderName TEXT    NOT NULL,
            StartTime    TEXT    NOT NULL,
            Period       INTEGER NOT NULL,
            GrainHash    INTEGER NOT NULL,
            UNIQUE (ServiceId, GrainId, ReminderName)
        );

        CREATE INDEX IF NOT EXISTS OrleansRemindersByHash ON OrleansRemindersTable (ServiceId, GrainHash);
        """;

    private const string ThisRow = """
        ServiceId = @ServiceId AND GrainTypeString = @GrainTypeString
        AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1 AND GrainIdExtensionString = @GrainIdExtensionString
        """;

    // The provider would read a row without content as a cleared one. This returns a byte that is not JSON instead, so that
    // the row is refused. Content that an operator restored as text is read as its bytes.
    private const string Read = $"""
        SELECT CASE length(PayloadBinary) WHEN 0 THEN x'00' ELSE CAST(PayloadBinary AS BLOB) END AS PayloadBinary, Version
        FROM OrleansStorage WHERE {ThisRow};
        """;

    // One statement, so that check and change are atomic. Without a version it inserts; with a version it updates the row
    // that has exactly that version. Otherwise it returns no row, which the provider reports as a conflict.
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

    // The row stays without its payload. If it were deleted, versions would start again, and a writer with a version from
    // before the clear could overwrite what was written afterwards.
    private const string Clear = $"""
        UPDATE OrleansStorage SET PayloadBinary = NULL, Version = Version + 1
        WHERE {ThisRow} AND Version = @GrainStateVersion
        RETURNING Version AS NewGrainStateVersion;
        """;

    /// <summary>Selects the keys of one state name, page by page. The provider does not use this statement.</summary>
    public const string Keys = """
        SELECT GrainIdExtensionString FROM OrleansStorage
        WHERE ServiceId = @ServiceId AND GrainTypeString = @GrainTypeString AND GrainIdN0 = 0 AND GrainIdN1 = 0
            AND GrainIdExtensionString > @After AND GrainIdExtensionString < @End AND PayloadBinary IS NOT NULL
        ORDER BY GrainIdExtensionString LIMIT @Count;
        """;

    private const string Reminders = "SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable WHERE ServiceId = @ServiceId";

    private const string ThisReminder = "ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName";

    // An existing row is replaced by a new one with a new version.
    private const string WriteReminder = """
        INSERT OR REPLACE INTO OrleansRemindersTable (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash)
        VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash)
        RETURNING Version;
        """;

    // The provider expects one value, even if nothing was removed.
    private const string RemoveReminder = $"""
        DELETE FROM OrleansRemindersTable WHERE {ThisReminder} AND Version = @Version;
        SELECT changes();
        """;

    public static IReadOnlyDictionary<string, string> Queries { get; } = new Dictionary<string, string>
    {
        ["ReadFromStorageKey"] = Read,
        ["WriteToStorageKey"] = Write,
        ["ClearStorageKey"] = Clear,
        ["ReadReminderRowKey"] = $"{Reminders} AND GrainId = @GrainId AND ReminderName = @ReminderName;",
        ["ReadReminderRowsKey"] = $"{Reminders} AND GrainId = @GrainId;",
        // A part of the ring of hashes, exclusive of its begin and inclusive of its end. The provider passes hashes as
        // signed numbers and uses the second statement if the part wraps around from the greatest number to the smallest.
        ["ReadRangeRows1Key"] = $"{Reminders} AND GrainHash > @BeginHash AND GrainHash <= @EndHash;",
        ["ReadRangeRows2Key"] = $"{Reminders} AND (GrainHash > @BeginHash OR GrainHash <= @EndHash);",
        ["UpsertReminderRowKey"] = WriteReminder,
        ["DeleteReminderRowKey"] = RemoveReminder,
        ["DeleteReminderRowsKey"] = "DELETE FROM OrleansRemindersTable WHERE ServiceId = @ServiceId;",
    };
}
