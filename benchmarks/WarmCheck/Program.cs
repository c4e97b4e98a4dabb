using EngageCenter.WarmCheck;

// How much of the speed of a grain call is left to a warm permission check? Both are called in turns, in one process
// and on one silo, so that whatever else the machine does slows both: only the ratio counts.
Settings settings;
try
{
    settings = Settings.Read(args);
}
catch (ArgumentException unusable)
{
    await Console.Error.WriteLineAsync(unusable.Message);
    return 2;
}

await using var silo = await BenchmarkSilo.Start(settings.FromClient);
var contoso = await Contoso.SetUp(silo.Grains, settings.Users, settings.Groups);
var contestants = new Contestants(silo.Grains, contoso);

Report.Machine(settings);
var rounds = await Rounds.Run(contestants, settings);
return Report.Ratios(rounds, settings.AtLeast) ? 0 : 1;
