using System.CommandLine;
using EngageCenter.Cli.Session;
using Microsoft.Kiota.Abstractions;

namespace EngageCenter.Cli.Cases;

/// <summary>The commands that export lists as the service's CSV, while it arrives.</summary>
internal static class ExportCommands
{
    public static void AddTo(RootCommand root, Commands commands)
    {
        var export = new Command("export", "Writes a whole list as CSV.");
        root.Add(export);
        var file = File();
        var bom = new Option<bool>("--bom") { Description = "Begin with a byte order mark, for spreadsheets that need it." };
        var technology = new Argument<string>("technology") { Description = "Such as EntraId." };
        commands.Add(export, "cases", "The support cases.", async call => await SaveAsync(
            call, (await call.WorkspaceAsync()).SupportCases.ToGetRequestInformation(r => r.QueryParameters.Bom = call.Get(bom)), "text/csv", call.Get(file)), file, bom);
        commands.Add(export, "activities", "Customer activity.", async call => await SaveAsync(
            call, (await call.WorkspaceAsync()).Activities.ToGetRequestInformation(r => r.QueryParameters.Bom = call.Get(bom)), "text/csv", call.Get(file)), file, bom);
        commands.Add(export, "recommendations", "What an assessment recommends.", async call => await SaveAsync(
            call, (await call.WorkspaceAsync()).Assessments[call.Get(technology)].Recommendations.ToGetRequestInformation(r => r.QueryParameters.Bom = call.Get(bom)), "text/csv", call.Get(file)), technology, file, bom);
    }

    public static Option<FileInfo?> File() => new("--out", "-o") { Description = "A file; the standard output where nothing is said." };

    /// <summary>Writes the answer to a request to a file or to the output. A file is written completely or not at all.</summary>
    public static async Task<int> SaveAsync(Call call, RequestInformation request, string mediaType, FileInfo? file)
    {
        await using var content = await call.Client.OpenAsync(request, mediaType, call.Stop);
        if (file is null)
        {
            using var reader = new StreamReader(content);
            var piece = new char[16 * 1024];
            for (int read; (read = await reader.ReadAsync(piece, call.Stop)) > 0;)
            {
                await call.Around.Out.WriteAsync(piece.AsMemory(0, read), call.Stop);
            }

            await call.Around.Out.FlushAsync(call.Stop);
            return ExitCodes.Ok;
        }

        var aside = $"{file.FullName}.{Path.GetRandomFileName()}";
        try
        {
            await using (var written = new FileStream(aside, OwnerFile.Options(FileMode.CreateNew)))
            {
                await content.CopyToAsync(written, call.Stop);
            }

            System.IO.File.Move(aside, file.FullName, overwrite: true);
        }
        finally
        {
            System.IO.File.Delete(aside);
        }

        await call.Printer.NoteAsync($"Written to {file.FullName}");
        return ExitCodes.Ok;
    }
}
