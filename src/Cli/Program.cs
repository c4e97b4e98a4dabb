using EngageCenter.Cli;

return await new Engage(Surroundings.OfProcess()).InvokeAsync(args);
