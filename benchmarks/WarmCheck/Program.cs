using EngageCenter.WarmCheck;

// How fast is a warm permission check compared with a grain call that does nothing? Both are called in turns, in one process and
// on one silo. Other work on the machine slows both, so only the ratio counts.
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
