using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using EngageCenter.Cli.Session;
using Spectre.Console;

namespace EngageCenter.Cli.Cases;

internal static class CaseCommands
{
    public static void AddTo(RootCommand root, Commands commands)
    {
        var cases = new Command("cases", "Support cases.");
        root.Add(cases);
        var file = new Argument<FileInfo>("file") { Description = "CSV with a header, or one JSON object on each line." };
        var format = Access.Names.Complete(new Option<string?>("--format") { Description = "csv or ndjson, where the file's name does not say it." }, ["csv", "ndjson"]);
        format.AcceptOnlyFromAmong("csv", "ndjson");
        var map = new Option<FileInfo?>("--map") { Description = "Says which column of a CSV file is which field." };
        var rejected = new Option<FileInfo?>("--rejected") { Description = "Where rejected lines go; FILE.rejected.ndjson where nothing is said." };
        var batch = WholeNumber.Option("--batch", "Updates that are sent at once.", CaseImport.MaxBatch, 1, CaseImport.MaxBatch);
        var again = new Option<bool>("--from-start") { Description = "Begin at the file's start, also where an import was interrupted." };
        commands.Add(cases, "import", "Brings in updates of support cases; goes on where it was interrupted.",
            call => ImportAsync(call, call.Get(file), call.Get(format), call.Get(map), call.Get(rejected), call.Get(batch), call.Get(again)),
            file, format, map, rejected, batch, again);
    }

    private static async Task<int> ImportAsync(Call call, FileInfo file, string? format, FileInfo? mapFile, FileInfo? rejected, int batch, bool fromStart)
    {
        if (!file.Exists)
        {
            throw EngageException.Wrong($"There is no file '{file}'.");
        }

        var isCsv = (format ?? file.Extension.TrimStart('.').ToLowerInvariant()) switch
        {
            "csv" => true,
            "ndjson" or "jsonl" => false,
            _ => throw EngageException.Wrong($"'{file.Name}' does not say what it is: '--format csv' or '--format ndjson'."),
        };
        if (mapFile is not null && !isCsv)
        {
            throw EngageException.Wrong("'--map' is for CSV files.");
        }

        var map = mapFile is null ? new() : CaseMap.Read(mapFile.FullName);
        var workspace = await call.WorkspaceIdAsync();
        var rejectedFile = rejected?.FullName ?? $"{file.FullName}.rejected.ndjson";
        if (rejectedFile == file.FullName)
        {
            throw EngageException.Wrong("'--rejected' is the file that is imported; name another one.");
        }

        var progressFile = ImportProgress.PathOf(call.Around.Home, call.Settings.Server ?? "", workspace, file.FullName, $"{mapFile?.FullName}\n{rejectedFile}");
        using var only = Lock(progressFile);
        var before = fromStart ? null : ImportProgress.Read(progressFile, file);
        if (before is not null)
        {
            await call.Printer.NoteAsync($"Going on behind line {before.Number}, where this import was interrupted.");
        }

        await using var content = new FileStream(file.FullName, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, Options = FileOptions.SequentialScan | FileOptions.Asynchronous });
        var begin = before ?? ImportProgress.Begin(file);
        var lines = isCsv ? CsvFile.ReadAsync(content, map, begin.Offset, begin.Number, call.Stop) : NdjsonFile.ReadAsync(content, begin.Offset, begin.Number, call.Stop);
        var done = await ShowAsync(call, begin, tell => new CaseImport(call.Around, call.CreateClient(retries: 0), call.SignIn, workspace, batch) { Tell = tell }
            .RunAsync(lines, begin, progressFile, rejectedFile, call.Stop));

        // The import is complete, so the next import of this file starts from the beginning.
        File.Delete(progressFile);
        if (done.Rejected == 0 && rejected is null)
        {
            // Only the default file is deleted. A file that the option names may be /dev/null.
            File.Delete(rejectedFile);
        }

        if (call.Printer.IsJson)
        {
            await call.Printer.JsonAsync(new JsonObject
            {
                ["lines"] = done.Number,
                ["applied"] = done.Applied,
                ["ignored"] = done.Ignored,
                ["rejected"] = done.Rejected,
                ["rejectedFile"] = done.Rejected == 0 ? null : rejectedFile,
            });
        }
        else
        {
            await call.Printer.LineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{done.Applied} applied, {done.Ignored} ignored since the service had them or newer ones, {done.Rejected} rejected{(done.Rejected == 0 ? "." : $": see {rejectedFile}")}"));
        }

        return done.Rejected == 0 ? ExitCodes.Ok : ExitCodes.No;
    }

    private static async Task<ImportProgress> ShowAsync(Call call, ImportProgress begin, Func<Action<ImportProgress, string?>, Task<ImportProgress>> run)
    {
        if (!call.Around.IsErrorTerminal || call.Printer.IsJson)
        {
            // A log gets a line for each unusual event instead of a progress bar.
            return await run((_, message) => Note(message));
        }

        return await call.Printer.Progress.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(call.Around.Time, begin.Number), new RemainingTimeColumn())
            .StartAsync(async bar =>
            {
                var task = bar.AddTask("Importing", maxValue: Math.Max(1, begin.Length));
                task.Value = begin.Offset;
                return await run((progress, message) =>
                {
                    task.Value = progress.Offset;
                    task.State.Update<long>(RateColumn.Lines, _ => progress.Number);
                    task.Description = message is null ? "Importing" : Markup.Escape(message);
                });
            });

        void Note(string? message)
        {
            if (message is not null)
            {
                call.Around.Error.WriteLine(message);
            }
        }
    }

    private static FileStream Lock(string progressFile)
    {
        OwnerFile.CreateFolder(Path.GetDirectoryName(progressFile)!);
        try
        {
            var options = OwnerFile.Options(FileMode.OpenOrCreate);
            options.Share = FileShare.None;
            return new FileStream($"{progressFile}.lock", options);
        }
        catch (IOException taken) when (taken is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw EngageException.Wrong("Another import of this file is under way.", taken);
        }
    }
}
