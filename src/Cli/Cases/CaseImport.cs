using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Cli.Output;
using EngageCenter.Cli.Session;
using EngageCenter.Client;
using EngageCenter.Client.Models;
using Microsoft.Kiota.Abstractions;

namespace EngageCenter.Cli.Cases;

/// <summary>
/// Sends the updates of a file in batches, and stores the progress after each batch. Only one batch is in memory, whatever the
/// file's size. The service ignores updates that it already has, so a batch may be sent twice.
/// </summary>
internal sealed class CaseImport(Surroundings around, EngageCenterClient client, SignIn signIn, string workspace, int batchSize)
{
    public const int MaxBatch = 1_000;

    private const int MaxBatchBytes = 1024 * 1024;

    // The attempts in a row in which the service accepts nothing.
    private const int MaxAttempts = 30;
    private static readonly TimeSpan longestWait = TimeSpan.FromMinutes(2);

    private readonly List<CaseLine> batch = new(batchSize);

    /// <summary>Called after each batch, and while the service asks to wait.</summary>
    public Action<ImportProgress, string?> Tell { get; init; } = (_, _) => { };

    /// <param name="progressFile">The file that keeps the progress.</param>
    /// <param name="rejectedFile">The file for rejected lines, as JSON lines: the line's number, the errors, and the update.</param>
    public async Task<ImportProgress> RunAsync(
        IAsyncEnumerable<CaseLine> lines, ImportProgress from, string progressFile, string rejectedFile, CancellationToken stop)
    {
        var progress = from;
        await using var rejected = Rejected(rejectedFile);

        // Removes what a killed import wrote after its last stored batch, because that batch is sent again.
        rejected.SetLength(Math.Min(progress.RejectedBytes, rejected.Length));
        rejected.Position = rejected.Length;
        var bytes = 0;
        await foreach (var line in lines.WithCancellation(stop))
        {
            if (batch.Count == batchSize || (batch.Count > 0 && bytes + line.Json.Length > MaxBatchBytes))
            {
                progress = await FlushAsync(progress, rejected, progressFile, stop);
                bytes = 0;
            }

            batch.Add(line);
            bytes += line.Json.Length + 1;
        }

        return batch.Count > 0 ? await FlushAsync(progress, rejected, progressFile, stop) : progress;
    }

    private static FileStream Rejected(string file)
    {
        try
        {
            return new(file, OwnerFile.Options(FileMode.OpenOrCreate));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw EngageException.Wrong($"Rejected lines cannot be written to '{Clean.Line(file)}'. Name another file with '--rejected'; nothing was imported.", refused);
        }
    }

    private async Task<ImportProgress> FlushAsync(ImportProgress progress, FileStream rejected, string progressFile, CancellationToken stop)
    {
        var sent = batch.FindAll(line => line.Fault is null);
        var answer = sent.Count == 0 ? new() : await SendAsync(sent, progress, stop);
        var refused = (answer.Rejected ?? []).Select(r => (Line: sent[r.Index!.Value], Errors: Errors(r)))
            .Concat(batch.Where(line => line.Fault is not null).Select(line => (Line: line, Errors: new JsonObject { ["body"] = new JsonArray(line.Fault) })))
            .OrderBy(r => r.Line.Number).ToList();
        foreach (var (line, errors) in refused)
        {
            rejected.Write(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["line"] = line.Number, ["errors"] = errors, ["update"] = Update(line) }));
            rejected.WriteByte((byte)'\n');
        }

        await rejected.FlushAsync(stop);
        progress = progress with
        {
            Offset = batch[^1].End,
            Number = batch[^1].Number,
            Applied = progress.Applied + (answer.Applied ?? 0),
            Ignored = progress.Ignored + (answer.Ignored ?? 0),
            Rejected = progress.Rejected + refused.Count,
            RejectedBytes = rejected.Length,
        };
        progress.Save(progressFile);
        batch.Clear();
        Tell(progress, null);
        return progress;
    }

    private async Task<PostCasesResponse> SendAsync(List<CaseLine> lines, ImportProgress progress, CancellationToken stop)
    {
        using var body = new MemoryStream();
        foreach (var line in lines)
        {
            body.Write(line.Json.Span);
            body.WriteByte((byte)'\n');
        }

        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            string why;
            try
            {
                using var copy = new MemoryStream(body.GetBuffer(), 0, (int)body.Length, writable: false);
                return await client.PostCaseLinesAsync(workspace, copy, stop);
            }
            catch (ApiException late) when (late.ResponseStatusCode == 401 && attempt == 1)
            {
                // The token became invalid early, for example by a change of the issuer's keys. A new one is requested once.
                signIn.Refused();
                continue;
            }
            catch (ApiException busy) when (Failures.IsBusy(busy) && attempt < MaxAttempts)
            {
                wait = Failures.RetryAfter(busy) is { } seconds ? TimeSpan.FromSeconds(seconds) : Backoff(attempt);
                why = $"The service is busy ({busy.ResponseStatusCode})";
            }
            catch (Exception cut) when (Failures.IsCut(cut) && attempt < MaxAttempts)
            {
                (wait, why) = (Backoff(attempt), "The service cannot be reached");
            }

            wait = wait < longestWait ? wait : longestWait;
            Tell(progress, $"{why}; going on in {wait.TotalSeconds:0} s.");

            // Waits as long as the service says, because an earlier batch would be refused again.
            await Task.Delay(wait, around.Time, stop);
        }
    }

    private static TimeSpan Backoff(int attempt) => TimeSpan.FromSeconds(Math.Min(30, 1 << Math.Min(attempt - 1, 5)));

    private static JsonObject Errors(RejectedCase rejected)
    {
        var errors = new JsonObject();
        foreach (var (field, messages) in rejected.Errors?.AdditionalData ?? new Dictionary<string, object>())
        {
            errors[field] = new JsonArray([.. Untyped.Texts(messages).Select(m => (JsonNode)m)]);
        }

        return errors;
    }

    // Valid JSON is written as JSON, so that it can be corrected and imported. Anything else is written as text.
    private static JsonNode? Update(CaseLine line)
    {
        if (line.Json.IsEmpty)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(line.Json.Span);
        }
        catch (JsonException)
        {
            return System.Text.Encoding.UTF8.GetString(line.Json.Span);
        }
    }
}
