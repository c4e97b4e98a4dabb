using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using EngageCenter.Fuzz.Contract;
using EngageCenter.Fuzz.Requests;
using EngageCenter.Fuzz.Service;
using EngageCenter.Service;

namespace EngageCenter.Fuzz;

/// <summary>What a run does; from the environment, so that a failing round can be played again alone.</summary>
/// <param name="Requests">How many at least (REQUESTS); without it also the time is limited.</param>
/// <param name="Longest">When it ends, also with fewer requests.</param>
/// <param name="Seed">What they are drawn from (SEED).</param>
/// <param name="Round">The one round to play, as client/round (ROUND); null for all.</param>
/// <param name="Each">Whether the state is read after each request rather than after a round (EACH=1): slow, and it names the request.</param>
internal sealed record FuzzOptions(int Requests, TimeSpan Longest, ulong Seed, (int Client, int Round)? Round, bool Each)
{
    public static FuzzOptions FromEnvironment(int requests, TimeSpan longest) => new(
        int.TryParse(Environment.GetEnvironmentVariable("REQUESTS"), CultureInfo.InvariantCulture, out var more) ? more : requests,
        more > 0 ? TimeSpan.MaxValue : longest,
        ulong.TryParse(Environment.GetEnvironmentVariable("SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 1,
        Environment.GetEnvironmentVariable("ROUND")?.Split('/') is [var client, var round] ? (int.Parse(client, CultureInfo.InvariantCulture), int.Parse(round, CultureInfo.InvariantCulture)) : null,
        Environment.GetEnvironmentVariable("EACH") == "1");
}

/// <summary>
/// Clients that work beside each other, each on a world of its own, in rounds: some requests change the world; then come reads
/// and requests that ought to be refused, and the state before and after those is compared.
/// </summary>
internal sealed class FuzzRun(ServiceInProcess service, ApiDocument document, FuzzOptions options, TimeProvider time)
{
    private const int Clients = 4;
    private const int Acting = 80;
    private const int Refused = 500;

    /// <summary>Faults of different kinds that one run reports.</summary>
    private const int MaxFaults = 25;

    private readonly long started = time.GetTimestamp();
    private readonly AnswerCheck check = new(document);
    private readonly ConcurrentDictionary<string, string> faults = new();
    private readonly ConcurrentDictionary<(string Operation, int Status), int> answers = new();
    private int sent;
    private int compared;
    private int notCompared;

    public int Sent => sent;

    /// <summary>Reads and refused requests for which the state before and after was compared.</summary>
    public int Compared => compared;

    public int NotCompared => notCompared;

    /// <summary>How many answers there were, by operation and status.</summary>
    public IReadOnlyDictionary<(string Operation, int Status), int> Answers => answers;

    public IReadOnlyCollection<string> Faults => [.. faults.Values];

    public async Task Play()
    {
        using var client = new Client(service.Url);
        var foreign = await World.Create(client, document, service.Tokens, Clients, "0123456789abcdef0123456789abcdef");
        var before = await foreign.Snapshot();
        await Task.WhenAll(Enumerable.Range(0, Clients)
            .Where(number => options.Round is null || options.Round.Value.Client == number)
            .Select(number => Task.Run(() => Play(number, foreign.Workspace))));
        if (Difference(before, await foreign.Snapshot()) is { } difference)
        {
            faults.TryAdd("foreign", $"A workspace that nobody may know of was changed.\n{difference}");
        }
    }

    private async Task Play(int number, string foreign)
    {
        using var client = new Client(service.Url);
        var world = await World.Create(client, document, service.Tokens, number, foreign);
        var maker = new RequestMaker(document, world);
        for (var round = options.Round?.Round ?? 0; faults.Count < MaxFaults && sent < options.Requests && time.GetElapsedTime(started) < options.Longest; round++)
        {
            await Play(client, world, maker, number, round);
            if (options.Round is not null)
            {
                return;
            }
        }
    }

    private async Task Play(Client client, World world, RequestMaker maker, int number, int round)
    {
        var draw = new Draw((uint)((number * 1_000_000) + round), options.Seed);
        var at = $"SEED={options.Seed} ROUND={number}/{round}";
        await world.Heal();
        for (var i = 0; i < Acting; i++)
        {
            await Send(client, maker, maker.Acting(draw), at);
        }

        await world.Heal();
        var before = await world.Snapshot();
        var pending = new List<FuzzRequest>();
        for (var i = 0; i < Refused; i++)
        {
            var request = maker.Refused(draw);
            var answer = await Send(client, maker, request, at);
            if (answer is null or { Status: < 300 } && !request.IsRead)
            {
                // It was accepted, so nothing can be said of those before it.
                Interlocked.Add(ref notCompared, pending.Count);
                pending.Clear();
                before = await world.Snapshot();
                continue;
            }

            pending.Add(request);
            if (options.Each)
            {
                before = await Compare(world, before, pending, at);
            }
        }

        await Compare(world, before, pending, at);
    }

    private async Task<IReadOnlyDictionary<string, string>> Compare(World world, IReadOnlyDictionary<string, string> before, List<FuzzRequest> pending, string at)
    {
        var after = await world.Snapshot();
        if (Difference(before, after) is { } difference)
        {
            var writes = pending.Where(r => !r.IsRead).Select(r => $"{r}").ToList();
            faults.TryAdd($"changed {difference.Split('\n')[0].Split('?')[0]}", options.Each
                ? $"A refused request or a read changed something.\n{difference}\n{pending[^1]}\n{at}"
                : $"One of {pending.Count} refused requests and reads, of which {writes.Count} were no reads, changed something; {at} EACH=1 tells which.\n{difference}");
        }

        Interlocked.Add(ref compared, pending.Count);
        pending.Clear();
        return after;
    }

    private async Task<Answer?> Send(Client client, RequestMaker maker, FuzzRequest request, string at)
    {
        Interlocked.Increment(ref sent);
        Answer answer;
        try
        {
            answer = await client.Send(request);
        }
        catch (Exception silence) when (silence is HttpRequestException or TaskCanceledException or IOException)
        {
            Report(request, "no answer", $"There is no answer: {silence}", at);
            return null;
        }

        answers.AddOrUpdate((request.Operation?.ToString() ?? "elsewhere", answer.Status), 1, (_, count) => count + 1);
        var fault = check.Check(request.Operation, request.Method, answer)
            ?? (request.Input == $"{BodyKind.Near}" && answer.Status < 300 && !request.Operation!.JudgesItems ? $"took a body that breaks its schema: {answer.Status}" : null);
        if (fault is not null && !KnownFaults.Has(request, answer))
        {
            Report(request, Kind(fault), $"{request.Operation?.ToString() ?? request.Method} {fault}\n{Shown(answer)}", at);
        }

        maker.Learn(answer);
        return answer;
    }

    private string Shown(Answer answer)
    {
        var text = answer.Text is { Length: > 2_000 } long_ ? $"{long_[..2_000]}…" : answer.Text;
        var trace = answer.ContentType == "application/problem+json" ? (string?)System.Text.Json.Nodes.JsonNode.Parse(answer.Body)?["traceId"] : null;
        return $"{answer.Status} {answer.ContentType} {text}\n{service.Faults.Of(trace)}";
    }

    private void Report(FuzzRequest request, string kind, string what, string at) =>
        faults.TryAdd($"{request.Operation} {kind}", $"{what}\n{at}\n{request}");

    // Without the values, so that one kind of fault is reported once.
    private static string Kind(string fault) => string.Concat(fault.TakeWhile(c => c is not ('"' or '[' or '\''))) is var kind && kind.Length > 60 ? kind[..60] : kind;

    private static string? Difference(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        var different = after.Where(a => before.GetValueOrDefault(a.Key) != a.Value).ToList();
        if (different.Count == 0)
        {
            return null;
        }

        var text = new StringBuilder();
        foreach (var (path, now) in different.Take(3))
        {
            var then = before.GetValueOrDefault(path) ?? "";
            var start = Math.Max(0, now.Zip(then).TakeWhile(p => p.First == p.Second).Count() - 100);
            text.Append(path).Append("\n  before: …").Append(Cut(then, start)).Append("\n  after:  …").Append(Cut(now, start)).Append('\n');
        }

        return text.ToString();

        static string Cut(string text, int start) => text.Length <= start ? "" : text.Substring(start, Math.Min(500, text.Length - start));
    }
}
