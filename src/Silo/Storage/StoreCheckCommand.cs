namespace EngageCenter.Storage;

/// <summary>
/// Runs <c>Silo -- check</c>: checks the configured store with <see cref="StoreCheck"/>, without starting a silo.
/// </summary>
internal static class StoreCheckCommand
{
    /// <returns>The exit code: 0 if all rows can be read and agree with each other, otherwise 1.</returns>
    public static async Task<int> RunAsync(IServiceProvider services, TextWriter output, TextWriter errors)
    {
        if (services.GetService<IStoredRows>() is not { } rows)
        {
            await errors.WriteLineAsync("The storage of Orleans:GrainStorage:Default cannot be checked: only SQLite and AzureBlobStorage can.");
            return 1;
        }

        var check = new StoreCheck(rows, output.WriteLine);
        await check.Run(CancellationToken.None);
        await output.WriteLineAsync($"{check.Rows} rows, {check.Findings} findings.");
        return check.Findings == 0 ? 0 : 1;
    }
}
