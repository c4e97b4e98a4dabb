namespace EngageCenter.Storage;

/// <summary>
/// Runs Orleans' ADO.NET reminder table on SQLite. It shares the file, and therefore the turns to write, with grain state,
/// and fails as <see cref="SqliteGate"/> says.
/// </summary>
internal sealed class SqliteReminderTable(IReminderTable rows, SqliteGate gate) : IReminderTable
{
    public Task StartAsync(CancellationToken cancellationToken = default) =>
        SqliteGate.Read("start reminders", () => rows.StartAsync(cancellationToken));

    public Task StopAsync(CancellationToken cancellationToken = default) => rows.StopAsync(cancellationToken);

    public Task<ReminderTableData> ReadRows(GrainId grainId) => SqliteGate.Read("read reminders", () => rows.ReadRows(grainId));

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => SqliteGate.Read("read reminders", () => rows.ReadRows(begin, end));

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) =>
        SqliteGate.Read("read reminder", () => rows.ReadRow(grainId, reminderName));

    public Task<string?> UpsertRow(ReminderEntry entry) =>
        gate.Write("write reminder", () => rows.UpsertRow(entry), CancellationToken.None);

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        gate.Write("remove reminder", () => rows.RemoveRow(grainId, reminderName, eTag), CancellationToken.None);

    public Task TestOnlyClearTable() => gate.Write("clear reminders", rows.TestOnlyClearTable, CancellationToken.None);
}
