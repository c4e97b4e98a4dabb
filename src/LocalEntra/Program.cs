using EngageCenter.LocalEntra;

try
{
    await LocalEntraHost.Build(args).RunAsync();
    return 0;
}
catch (Exception refusal) when (refusal is LocalEntraConfigurationException or IOException)
{
    // Prints what to change, without a stack trace.
    await Console.Error.WriteLineAsync(refusal.Message.ReplaceLineEndings(" "));
    return 1;
}
