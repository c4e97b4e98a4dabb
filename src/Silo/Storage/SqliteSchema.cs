namespace EngageCenter.Storage;

/// <summary>
/// Tables and statements of the store. The ADO.NET provider of Orleans reads its statements from the table
/// <c>OrleansQuery</c>; the parameters and the columns of the results are its contract.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>
    /// Kept in SQLite's <c>user_version</c>. A file with a greater one was written by a newer program; one with a smaller
    /// one is brought to it in place. 1 had no reminders.
    /// </summary>
    public const int Version = 2;

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

        -- A version is given once and never again (AUTOINCREMENT), so that whoever holds one from before a removal does
        -- not remove what was registered since. The provider takes up to 2,147,483,647 of them.
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

    // A row that lost its content is not one that was cleared, for which the provider would take it: what stands here instead is
    // no JSON.
    private const string Read = $"""
        SELECT CASE length(PayloadBinary) WHEN 0 THEN x'00' ELSE PayloadBinary END AS PayloadBinary, Version
        FROM OrleansStorage WHERE {ThisRow};
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

    /// <summary>The keys of one state name, page by page; not a statement of the provider's.</summary>
    public const string Keys = """
        SELECT GrainIdExtensionString FROM OrleansStorage
        WHERE ServiceId = @ServiceId AND GrainTypeString = @GrainTypeString AND GrainIdN0 = 0 AND GrainIdN1 = 0
            AND GrainIdExtensionString > @After AND GrainIdExtensionString < @End AND PayloadBinary IS NOT NULL
        ORDER BY GrainIdExtensionString LIMIT @Count;
        """;

    private const string Reminders = "SELECT GrainId, ReminderName, StartTime, Period, Version FROM OrleansRemindersTable WHERE ServiceId = @ServiceId";

    private const string ThisReminder = "ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName";

    // A row that is there gives way to a new one with a version of its own.
    private const string WriteReminder = """
        INSERT OR REPLACE INTO OrleansRemindersTable (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash)
        VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash)
        RETURNING Version;
        """;

    // The provider wants one value, also where nothing was removed.
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
        // A part of the ring of hashes, after its begin up to its end. The provider gives hashes as signed numbers and asks
        // the second where the part goes over the greatest one to the smallest.
        ["ReadRangeRows1Key"] = $"{Reminders} AND GrainHash > @BeginHash AND GrainHash <= @EndHash;",
        ["ReadRangeRows2Key"] = $"{Reminders} AND (GrainHash > @BeginHash OR GrainHash <= @EndHash);",
        ["UpsertReminderRowKey"] = WriteReminder,
        ["DeleteReminderRowKey"] = RemoveReminder,
        ["DeleteReminderRowsKey"] = "DELETE FROM OrleansRemindersTable WHERE ServiceId = @ServiceId;",
    };
}
