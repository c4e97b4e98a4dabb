using EngageCenter.LocalEntra;

try
{
    await LocalEntraHost.Build(args).RunAsync();
    return 0;
}
catch (LocalEntraConfigurationException refusal)
{
    // Whoever started it reads what to change, without a stack trace around it.
    await Console.Error.WriteLineAsync(refusal.Message);
    return 1;
}
