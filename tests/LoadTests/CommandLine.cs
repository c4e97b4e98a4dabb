using System.Collections;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using EngageCenter.Support;

namespace EngageCenter.LoadTests;

/// <summary>The options with their limits and descriptions.</summary>
internal sealed class CommandLine
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int NotUnderstood = 2;

    /// <summary>After Ctrl+C, running operations may end, which takes up to the response timeout. Then the report is written.</summary>
    private static readonly TimeSpan interruptBound = SiloHost.ResponseTimeout + TimeSpan.FromSeconds(15);

    private readonly Option<bool> inProcess = new("--in-process") { Description = "Silos in this process, with sockets between them and the client." };
    private readonly Option<int[]> silos = Parsed("--silos", "How many silos in this process. Several numbers, such as 1,2,3: one cluster after the other, compared.", [1], ReadSilos);
    private readonly Option<string?> cluster = new("--cluster") { Description = "The cluster that ./cluster up has started; or the path of that script.", Arity = ArgumentArity.ZeroOrOne, HelpName = "script" };
    private readonly Option<string?> redis = new("--redis") { Description = "The Redis of any other cluster, as host:port. Its settings of TLS are the environment variables Clustering__Tls__….", HelpName = "host:port" };
    private readonly Option<string> clusterId = new("--cluster-id") { Description = "With --redis.", DefaultValueFactory = _ => RunningCluster.DefaultClusterId };
    private readonly Option<string> serviceId = new("--service-id") { Description = "With --redis.", DefaultValueFactory = _ => EngageCenterService.DefaultId };
    private readonly Option<int[]> siloProcesses = Parsed("--silo-pids", "With --redis: the ids of the silos' processes on this machine, for their processor time.", [], ReadProcesses);

    private readonly Option<string[]> scenario = Parsed(
        "--scenario", $"One or more of {string.Join(", ", Scenarios.All)}; or all. One after the other.", [Scenarios.Mix], ReadScenarios);
    private readonly Option<MixWeights> mix = Parsed("--mix", "How often each scenario comes up in the mix.", Scenarios.DefaultMix, MixWeights.Parse);
    private readonly Option<double?> rate = new("--rate")
    {
        Description = "An open loop: so many operations become due each second, whatever the service does.",
        HelpName = "per second",
        CustomParser = argument => ReadNumber(argument, 0.1, 100_000),
    };

    private readonly Option<ArrivalProcess> arrivals = new("--arrivals") { Description = "With --rate: at equal distances, or independent of each other.", DefaultValueFactory = _ => ArrivalProcess.Constant };
    private readonly Option<int> mostUnderWay = Number("--max-in-flight", "With --rate: the most operations under way; whichever is due then waits, and its latency counts.", 200, 1, 10_000);
    private readonly Option<int> concurrency = Number("--concurrency", "A closed loop: so many callers, each with one operation after the other.", 16, 1, 10_000);
    private readonly Option<TimeSpan> duration = Duration("--duration", "In which measured operations become due.", TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
    private readonly Option<TimeSpan> warmUp = Duration("--warm-up", "Before anything is measured.", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromMinutes(10));
    private readonly Option<TimeSpan> interval = Duration("--interval", "Between lines of progress.", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
    private readonly Option<int> seed = Number("--seed", "Of what is drawn by chance.", 1, 0, int.MaxValue / 2);

    private readonly Option<string> name = new("--data") { Description = "The name of the data, so that several load tests can use one cluster.", DefaultValueFactory = _ => "default" };
    private readonly Option<int> workspaces = Number("--workspaces", "Workspaces in the data.", 10, 1, DatasetSize.MaxWorkspaces);
    private readonly Option<int> people = Number("--people", "People in the data.", 100, 1, DatasetSize.MaxPeople);
    private readonly Option<int> batch = Number("--batch", "Support cases in one batch.", 50, 1, SupportCase.MaxBatch);

    private readonly Option<string?> report = new("--report") { Description = "The folder for report.json, report.md and plot.svg.", HelpName = "folder" };
    private readonly Option<long> allowedErrors = Number("--allow-errors", "Errors that do not make the exit code 1. Wrong answers always do.", 0L, 0L, long.MaxValue);

    private readonly Option<string[]> from = new("--from") { Description = "The report.json of each cluster.", Required = true, AllowMultipleArgumentsPerToken = true, HelpName = "file" };
    private readonly Option<string> to = new("--out") { Description = $"The page; what is between {ReportFiles.Begin} and {ReportFiles.End} is replaced.", Required = true, HelpName = "file" };

    private readonly Option<int> strangers = Number("--strangers", "How many come, each once, with a token of a tenant that no agreement names.", 6_000, 1, 10_000_000);
    private readonly Option<int> strangersPerSecond = Number("--per-second", "How many come each second.", 200, 1, 10_000);
    private readonly Option<int> groups = Number("--groups", "In each of their tokens.", 200, 0, 200);
    private readonly Option<int> slowBodies = Number("--slow-bodies", "Connections of strangers on which a body of 1 MiB comes a byte a second.", 60, 0, 5_000);
    private readonly Option<int> membersPerSecond = Number("--members-per-second", "Requests of members each second.", 50, 1, 10_000);
    private readonly Option<int> rounds = Number("--rounds", "Each is members alone, and then members beside strangers.", 3, 1, 100);

    /// <param name="run">Called with the options if they are valid.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> InvokeAsync(
        string[] args, TextWriter output, TextWriter error, Func<LoadTestOptions, CancellationToken, Task<int>> run)
    {
        var root = new RootCommand("Puts load on the grains of a cluster, checks every answer, and reports what it took.")
        {
            inProcess, silos, cluster, redis, clusterId, serviceId, siloProcesses,
            scenario, mix, rate, arrivals, mostUnderWay, concurrency, duration, warmUp, interval, seed,
            name, workspaces, people, batch, report, allowedErrors,
        };
        redis.Validators.Add(r => Refuse(r, r.GetValueOrDefault<string>() is { } address && !IsAddress(address), "must be host:port"));
        name.Validators.Add(r => Refuse(r, !IsName(r.GetValueOrDefault<string>()!), "must be 1 to 20 of a-z 0-9"));
        root.SetAction(async (parsed, stop) =>
        {
            var options = Read(parsed, args);
            var mistakes = Contradictions(parsed, options).ToList();
            mistakes.ForEach(error.WriteLine);
            return mistakes.Count == 0 ? await run(options, stop) : NotUnderstood;
        });

        var compare = new Command("report", "Puts the reports of several clusters side by side into one page.") { from, to };
        compare.SetAction(async (parsed, _) =>
        {
            var reports = await Task.WhenAll(parsed.GetRequiredValue(from).Select(LoadReport.ReadAsync));
            await ReportFiles.CompareAsync(parsed.GetRequiredValue(to), reports);
            return Ok;
        });
        root.Add(compare);
        root.Add(Strangers(output, error));

        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var mistake in parsed.Errors)
            {
                await error.WriteLineAsync(mistake.Message);
            }

            return NotUnderstood;
        }

        try
        {
            return await parsed.InvokeAsync(new() { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = interruptBound });
        }
        catch (Exception e) when (e is TargetException or ReportException)
        {
            await error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Interrupted before anything was measured.");
            return Failed;
        }
    }

    private Command Strangers(TextWriter output, TextWriter error)
    {
        var command = new Command("strangers", "Has people who are members of nothing come to a service in this process, over HTTP, and says what members notice.")
        {
            strangers, strangersPerSecond, groups, slowBodies, membersPerSecond, rounds, seed, report,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var options = new StrangersOptions(
                parsed.GetValue(strangers), parsed.GetValue(strangersPerSecond), parsed.GetValue(groups), parsed.GetValue(slowBodies), parsed.GetValue(membersPerSecond), parsed.GetValue(rounds), parsed.GetValue(seed));
            var result = await new StrangersRun(error, TimeProvider.System).MeasureAsync(options, stop);
            await output.WriteLineAsync($"{result}");
            if (parsed.GetValue(report) is { } folder)
            {
                Directory.CreateDirectory(folder);
                await File.WriteAllTextAsync(Path.Combine(folder, "strangers.md"), $"{result}\n", CancellationToken.None);
            }

            return result.Errors.Any() ? Failed : Ok;
        });
        return command;
    }

    private LoadTestOptions Read(ParseResult parsed, string[] args)
    {
        var perSecond = parsed.GetValue(rate);
        return new(
            parsed.GetValue(inProcess) ? [.. parsed.GetRequiredValue(silos)] : [],
            parsed.GetResult(cluster) is null ? null : parsed.GetValue(cluster) ?? "./cluster",
            parsed.GetValue(redis) is { } address
                ? new(address, parsed.GetRequiredValue(clusterId), parsed.GetRequiredValue(serviceId), [.. parsed.GetRequiredValue(siloProcesses)])
                {
                    Tls = ClusterAddress.TlsOf(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(v => ((string)v.Key, (string)v.Value!))),
                }
                : null,
            [.. parsed.GetRequiredValue(scenario)],
            parsed.GetRequiredValue(mix),
            new(
                perSecond, parsed.GetValue(arrivals), perSecond is null ? parsed.GetValue(concurrency) : parsed.GetValue(mostUnderWay),
                parsed.GetValue(warmUp), parsed.GetValue(duration), parsed.GetValue(interval), parsed.GetValue(seed)),
            new(parsed.GetRequiredValue(name), parsed.GetValue(workspaces), parsed.GetValue(people), parsed.GetValue(batch)),
            parsed.GetValue(report),
            parsed.GetValue(allowedErrors),
            string.Join(' ', args.Where((argument, n) => argument != report.Name && (n == 0 || args[n - 1] != report.Name))));
    }

    // Checks that involve more than one option.
    private IEnumerable<string> Contradictions(ParseResult parsed, LoadTestOptions options)
    {
        if (new Option[] { inProcess, cluster, redis }.Count(o => IsGiven(parsed, o)) != 1)
        {
            yield return "Say which cluster: one of --in-process, --cluster and --redis.";
        }

        if (IsGiven(parsed, rate) && IsGiven(parsed, concurrency))
        {
            yield return "--rate is an open loop and --concurrency a closed one: say one of them.";
        }

        (Option Option, Option With)[] pairs =
            [(silos, inProcess), (clusterId, redis), (serviceId, redis), (siloProcesses, redis), (arrivals, rate), (mostUnderWay, rate)];
        foreach (var (option, with) in pairs.Where(p => IsGiven(parsed, p.Option) && !IsGiven(parsed, p.With)))
        {
            yield return $"{option.Name} needs {with.Name}.";
        }

        foreach (var named in options.Scenarios)
        {
            if (Scenarios.MostUnderWay(named, options.Weights) is { } most && options.Load.MostUnderWay > options.Size.Workspaces * most)
            {
                yield return $"{(IsGiven(parsed, rate) ? mostUnderWay.Name : concurrency.Name)} {options.Load.MostUnderWay} is too much for {options.Size.Workspaces} workspaces: "
                    + $"what '{named}' changes one operation has alone, and each workspace has {most} of it.";
            }
        }
    }

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static Option<T> Number<T>(string name, string description, T otherwise, T least, T most)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => otherwise,
            HelpName = "n",
            CustomParser = argument => ReadNumber(argument, least, most),
        };

    private static T ReadNumber<T>(ArgumentResult argument, T least, T most)
        where T : struct, INumber<T> =>
        T.TryParse(argument.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : Refused<T>(argument, string.Create(CultureInfo.InvariantCulture, $"must be from {least} to {most}"));

    private static Option<TimeSpan> Duration(string name, string description, TimeSpan otherwise, TimeSpan least, TimeSpan most)
    {
        var option = new Option<TimeSpan>(name)
        {
            Description = $"{description} Such as 500ms, 30s, 5m.",
            DefaultValueFactory = _ => otherwise,
            HelpName = "time",
            CustomParser = argument => ReadDuration(argument.Tokens[0].Value) is { } read && read >= least && read <= most
                ? read
                : Refused<TimeSpan>(argument, $"must be from {Said(least)} to {Said(most)}, such as 500ms, 30s, 5m"),
        };
        return option;
    }

    private static Option<T> Parsed<T>(string name, string description, T otherwise, Func<string, T?> read)
        where T : class => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => otherwise,
            HelpName = "list",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = argument => read(argument.Tokens[0].Value) is { } list ? list : Refused<T>(argument, $"cannot be '{argument.Tokens[0].Value}'"),
        };

    private static int[]? ReadSilos(string text) =>
        ReadNumbers(text) is { } numbers && numbers.All(n => n is >= 1 and <= InProcessCluster.MaxSilos) ? numbers : null;

    private static int[]? ReadProcesses(string text) => ReadNumbers(text) is { } numbers && numbers.All(n => n > 0) ? numbers : null;

    private static int[]? ReadNumbers(string text)
    {
        List<int> numbers = [];
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || numbers.Contains(number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static string[]? ReadScenarios(string text)
    {
        string[] named = text == "all" ? [.. Scenarios.All] : text.Split(',');
        return named.All(Scenarios.All.Contains) && named.Distinct().Count() == named.Length ? named : null;
    }

    private static TimeSpan? ReadDuration(string text)
    {
        var digits = text.TrimEnd('h', 'm', 's');
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number < 1e9
            ? text[digits.Length..] switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                _ => null,
            }
            : null;
    }

    private static string Said(TimeSpan time) => time.TotalMilliseconds switch
    {
        0 => "0s",
        var ms when ms % 60_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 60_000}m"),
        var ms when ms % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{ms / 1_000}s"),
        var ms => string.Create(CultureInfo.InvariantCulture, $"{ms}ms"),
    };

    private static bool IsAddress(string text) =>
        text.Split(':') is [{ Length: > 0 }, var port] && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;

    private static bool IsName(string text) => text.Length is >= 1 and <= 20 && text.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9');

    private static void Refuse(OptionResult result, bool isRefused, string why)
    {
        if (isRefused)
        {
            result.AddError($"{result.Option.Name} {why}.");
        }
    }

    private static T? Refused<T>(ArgumentResult argument, string why)
    {
        argument.AddError($"{((OptionResult)argument.Parent!).Option.Name} {why}.");
        return default;
    }
}
