using System.Collections.Concurrent;

namespace EngageCenter.Grains.Tests;

/// <summary>A table of reminders in memory that fails when a test says so.</summary>
internal sealed class ReminderRows : IReminderTable
{
    private readonly ConcurrentDictionary<(GrainId Owner, string Name), ReminderEntry> rows = [];
    private TaskCompletionSource attempted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int versions;

    public bool Fails { get; set; }

    /// <summary>Returns the one reminder of a grain; null if it has none.</summary>
    public async Task<ReminderEntry?> Of(GrainId owner) => (await ReadRows(owner)).Reminders.SingleOrDefault();

    /// <summary>Completes with the next attempt to set a reminder, even if the table fails.</summary>
    public Task NextWrite() => (attempted = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Clear() => rows.Clear();

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Read(row => row.GrainId == grainId);

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => Read(row =>
    {
        var hash = row.GrainId.GetUniformHashCode();
        return begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
    });

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => Task.FromResult(rows.GetValueOrDefault((grainId, reminderName)));

    public Task<string?> UpsertRow(ReminderEntry entry)
    {
        try
        {
            if (Fails)
            {
                throw new IOException("The table of reminders fails.");
            }

            entry.ETag = $"{Interlocked.Increment(ref versions)}";
            rows[(entry.GrainId, entry.ReminderName)] = entry;
            return Task.FromResult<string?>(entry.ETag);
        }
        finally
        {
            attempted.TrySetResult();
        }
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => Task.FromResult(
        rows.TryGetValue((grainId, reminderName), out var row) && row.ETag == eTag && rows.TryRemove(new((grainId, reminderName), row)));

    public Task TestOnlyClearTable()
    {
        Clear();
        return Task.CompletedTask;
    }

    private Task<ReminderTableData> Read(Func<ReminderEntry, bool> filter) =>
        Task.FromResult(new ReminderTableData(rows.Values.Where(filter).ToList()));
}
