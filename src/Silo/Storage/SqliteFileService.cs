namespace EngageCenter.Storage;

/// <summary>
/// Prepares the file before any other service starts, so that an unusable file gives one clear error instead of a silo that
/// fails halfway. Closes it after all others have stopped.
/// </summary>
internal sealed class SqliteFileService(SqliteFile file) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        file.Prepare();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        file.Close();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
