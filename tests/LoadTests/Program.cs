using EngageCenter.LoadTests;

// docs/understand/load.md describes what is measured and how.
return await new CommandLine().InvokeAsync(args, Console.Out, Console.Error, new LoadTest(Console.Out, Console.Error, TimeProvider.System).RunAsync);
