using System.Globalization;
using EngageCenter.Capacity;

// Which part of an installation gives way first on a Monday morning? It prints a table for docs/measurements/capacity.md.
// Everything follows from the figures in Costs.cs; nothing is measured here, and every run prints the same.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Installation[] installations =
[
    new("small", 100_000, 10_000, 3, 2, 1, 20, 500),
    new("medium", 1_000_000, 100_000, 3, 3, 1, 20, 500),
    new("medium, in 200 s", 1_000_000, 100_000, 3, 3, 1, 20, 5_000),
    new("large, in 200 s", 10_000_000, 1_000_000, 20, 4, 1, 20, 50_000),
    new("large, in 2 hours", 10_000_000, 1_000_000, 20, 4, 1, 20, 1_400),
    new("large, in 2 hours, rights confirmed every 5 min", 10_000_000, 1_000_000, 20, 4, 1, 300, 1_400),
    new("large, in 2 hours, sized for it", 10_000_000, 1_000_000, 20, 4, 3, 300, 1_400),
    new("large, in 200 s, sized for it", 10_000_000, 1_000_000, 24, 8, 16, 300, 50_000),
];

Console.WriteLine("| installation | silos, web nodes, accounts | busiest second: web nodes, silos, storage | full first | longest sign-in | everybody is in after | rights not confirmed from | memory of a silo |");
Console.WriteLine("|---|---|---|---|---|---|---|---|");
foreach (var its in installations)
{
    var morning = new Morning(its).Run();
    var first = morning.Parts.Where(p => p.FullAt is not null).MinBy(p => p.FullAt);
    Console.WriteLine(
        $"| {its.Name} | {its.Silos}, {its.WebNodes}, {its.Accounts} | {string.Join(", ", morning.Parts.Select(p => $"{p.Busiest:P0}".Replace(" ", "")))} | {(first is null ? "none" : $"{first.Name}, {Time(first.FullAt)}")} | {Time(morning.LongestSignIn)} | {(morning.LastIn is { } last ? Time(last) : "not in 4 h")} | {(morning.AuthorityLost is { } lost ? Time(lost) : "never")} | {morning.BytesPerSilo / (1L << 30):F1} GiB |");
}

Console.WriteLine();
Console.WriteLine("| installation | Access:Authority | reads of storage a month | writes | US$ a month for both |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var its in installations.DistinctBy(i => (i.People, i.Authority)))
{
    var month = its.Month();
    var price = ((month.Reads * Costs.Price.Reads) + (month.Writes * Costs.Price.Writes)) / 10_000;
    Console.WriteLine($"| {its.People:N0} people in {its.Workspaces:N0} workspaces | {its.Authority:F0} s | {month.Reads / 1e6:N0} million | {month.Writes / 1e6:N0} million | {price:N0} |");
}

static string Time(double? seconds) => seconds switch
{
    null => "never",
    < 1 => "below 1 s",
    < 120 => $"{seconds:F0} s",
    _ => $"{seconds / 60:F0} min",
};
