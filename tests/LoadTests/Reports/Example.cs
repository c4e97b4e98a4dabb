namespace EngageCenter.LoadTests;

/// <summary>Example reports, with figures that are easy to recognize.</summary>
internal static class Example
{
    public static LoadReport Report(int silos, bool withErrors = false) => new(
        LoadReport.CurrentFormat,
        new(2026, 3, 1, 8, silos, 0, TimeSpan.Zero),
        new("Some processor", 2, 23.5, "Linux, linux-x64", 0.25, ".NET 10.0.0, server garbage collection", "10.4.2", "0123abc", "Release"),
        new(silos, "in processes of their own, found through Redis"),
        "10 workspaces; 100 people",
        "--cluster --scenario check,grant-revoke",
        "30 s of each scenario, after 5 s to warm up",
        [
            new(
                "check", "500/s, Poisson arrivals", true, 30, [Operation("check", 15_000, 30, 0.5)], [], 12, false,
                [new("silos", 100 * silos, 0.05 * silos), new("client", 50, 0.025)],
                [new(6, 500, 0.5, 2, 0, 1), new(7, 0, null, null, 3, 1)]),
            new(
                "grant-revoke", "8 callers in a closed loop", false, 30, [Operation("grant", 300, 30, 20), Operation("revoke", 290, 30, 21)],
                withErrors
                    ? [new("grant", "TimeoutException", 2, "Response did not arrive on time | in 30 s", false), new("revoke, confirming", "WrongAnswerException", 1, "Person 1 still may.", true)]
                    : [],
                0, withErrors, [], []),
        ]);

    private static OperationResult Operation(string kind, long count, double seconds, double median) => new(
        kind, count, count / seconds,
        new(median, 2 * median, 4 * median, 10 * median, 100 * median),
        new(median / 2, median, 2 * median, 4 * median, 80 * median),
        new(median / 4, median / 2, median, 2 * median, 20 * median),
        [new(0.1, median / 10), new(50, median), new(90, 2 * median), new(99, 4 * median), new(99.9, 10 * median), new(100, 100 * median)]);
}
