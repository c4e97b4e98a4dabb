namespace EngageCenter.LoadTests;

public class CommandLineTests
{
    [Theory]
    [InlineData("", "Say which cluster: one of --in-process, --cluster and --redis.")]
    [InlineData("--in-process --redis localhost:6379", "Say which cluster: one of --in-process, --cluster and --redis.")]
    [InlineData("--in-process --bogus", "Unrecognized command or argument '--bogus'.")]
    [InlineData("--in-process --rate 0", "--rate must be from 0.1 to 100000.")]
    [InlineData("--in-process --rate x", "--rate must be from 0.1 to 100000.")]
    [InlineData("--in-process --rate 5 --concurrency 5", "--rate is an open loop and --concurrency a closed one: say one of them.")]
    [InlineData("--in-process --arrivals Poisson", "--arrivals needs --rate.")]
    [InlineData("--in-process --max-in-flight 5", "--max-in-flight needs --rate.")]
    [InlineData("--in-process --concurrency 1.5", "--concurrency must be from 1 to 10000.")]
    [InlineData("--in-process --concurrency", "Required argument missing for option: '--concurrency'.")]
    [InlineData("--in-process --concurrency 0", "--concurrency must be from 1 to 10000.")]
    [InlineData("--in-process --duration 3", "--duration must be from 100ms to 60m, such as 500ms, 30s, 5m.")]
    [InlineData("--in-process --duration 2h", "--duration must be from 100ms to 60m, such as 500ms, 30s, 5m.")]
    [InlineData("--in-process --warm-up -1s", "--warm-up must be from 0s to 10m, such as 500ms, 30s, 5m.")]
    [InlineData("--in-process --scenario nothing", "--scenario cannot be 'nothing'.")]
    [InlineData("--in-process --scenario check,check", "--scenario cannot be 'check,check'.")]
    [InlineData("--in-process --mix check=0", "--mix cannot be 'check=0'.")]
    [InlineData("--in-process --silos 0", "--silos cannot be '0'.")]
    [InlineData("--in-process --silos 1,11", "--silos cannot be '1,11'.")]
    [InlineData("--cluster --silos 3", "--silos needs --in-process.")]
    [InlineData("--redis nowhere", "--redis must be host:port.")]
    [InlineData("--redis localhost:0", "--redis must be host:port.")]
    [InlineData("--redis localhost:6379 --silo-pids 12,x", "--silo-pids cannot be '12,x'.")]
    [InlineData("--in-process --cluster-id mine", "--cluster-id needs --redis.")]
    [InlineData("--in-process --data Mine", "--data must be 1 to 20 of a-z 0-9.")]
    [InlineData("--in-process --workspaces 101", "--workspaces must be from 1 to 100.")]
    [InlineData("--in-process --batch 1001", "--batch must be from 1 to 1000.")]
    [InlineData("--in-process --workspaces 2 --concurrency 41", "--concurrency 41 is too much for 2 workspaces: what 'mix' changes one operation has alone, and each workspace has 20 of it.")]
    [InlineData("--in-process --workspaces 2 --concurrency 35 --scenario learn,runs", "--concurrency 35 is too much for 2 workspaces: what 'runs' changes one operation has alone, and each workspace has 17 of it.")]
    [InlineData("report --from a.json", "Option '--out' is required.")]
    public async Task Invalid_arguments_are_refused_in_one_line(string args, string message)
    {
        var (exitCode, output, error, options) = await Invoke(args);

        Assert.Equal((CommandLine.NotUnderstood, "", message), (exitCode, output, error.TrimEnd()));
        Assert.Null(options);
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var (exitCode, output, error, _) = await Invoke("--help");

        Assert.Equal((CommandLine.Ok, ""), (exitCode, error));
        Assert.All(["--in-process", "--rate", "--concurrency", "--scenario", "--report", "--allow-errors", "mix"], o => Assert.Contains(o, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Default_is_the_mix_in_a_closed_loop()
    {
        var (_, _, _, options) = await Invoke("--in-process");

        Assert.Equal([1], options!.InProcessSilos.AsEnumerable());
        Assert.Equal(["mix"], options.Scenarios.AsEnumerable());
        Assert.Equal(new LoadOptions(null, ArrivalProcess.Constant, 16, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), 1), options.Load);
        Assert.Equal(new DatasetSize("default", 10, 100, 50), options.Size);
        Assert.Equal((null, 0L, Scenarios.DefaultMix.ToString()), (options.ReportFolder, options.AllowedErrors, options.Weights.ToString()));
    }

    [Fact]
    public async Task Arguments_set_all_options()
    {
        const string args = "--redis 127.0.0.1:7000 --cluster-id c --service-id s --silo-pids 1,2 --scenario check,home --rate 250.5 --arrivals Poisson "
            + "--max-in-flight 60 --duration 1.5m --warm-up 250ms --interval 2s --seed 7 --data mine --workspaces 3 --people 4 --batch 5 --report out --allow-errors 6 --mix home=2,check=3";
        var (exitCode, _, _, options) = await Invoke(args);

        Assert.Equal(17, exitCode);
        Assert.Equal(("127.0.0.1:7000", "c", "s"), (options!.Address!.Redis, options.Address.ClusterId, options.Address.ServiceId));
        Assert.Equal([1, 2], options.Address.Processes.AsEnumerable());
        Assert.Equal(["check", "home"], options.Scenarios.AsEnumerable());
        Assert.Equal(
            new LoadOptions(250.5, ArrivalProcess.Poisson, 60, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(2), 7), options.Load);
        Assert.Equal(new DatasetSize("mine", 3, 4, 5), options.Size);
        Assert.Equal(("out", 6L, "home=2,check=3", args.Replace(" --report out", "")), (options.ReportFolder, options.AllowedErrors, options.Weights.ToString(), options.Command));
    }

    [Theory]
    [InlineData("--cluster", "./cluster")]
    [InlineData("--cluster ../cluster", "../cluster")]
    public async Task Cluster_of_the_script_needs_no_address(string args, string script) =>
        Assert.Equal(script, (await Invoke(args)).Options!.Script);

    [Fact]
    public async Task Scenario_all_means_every_scenario() => Assert.Equal(Scenarios.All.AsEnumerable(), (await Invoke("--in-process --scenario all")).Options!.Scenarios);

    [Fact]
    public async Task Missing_cluster_is_reported_in_one_line()
    {
        using var error = new StringWriter();
        var exitCode = await new CommandLine().InvokeAsync(
            ["--cluster", "./no-such-script"], TextWriter.Null, error, new LoadTest(TextWriter.Null, TextWriter.Null, TimeProvider.System).RunAsync);

        Assert.Equal(CommandLine.Failed, exitCode);
        Assert.StartsWith("'./no-such-script' cannot be run: ", error.ToString(), StringComparison.Ordinal);
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    private static async Task<(int ExitCode, string Output, string Error, LoadTestOptions? Options)> Invoke(string args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        LoadTestOptions? options = null;
        var exitCode = await new CommandLine().InvokeAsync(args.Split(' ', StringSplitOptions.RemoveEmptyEntries), output, error, (read, _) =>
        {
            options = read;
            return Task.FromResult(17);
        });
        return (exitCode, output.ToString(), error.ToString(), options);
    }
}
