using System.Globalization;
using System.Reflection;
using System.Runtime;
using System.Runtime.InteropServices;

namespace EngageCenter.LoadTests;

/// <summary>The machine and the software of a run.</summary>
/// <param name="Gigabytes">The memory that this process may use.</param>
/// <param name="LoadAverage">How busy the machine was in the last minute before the load; null if unknown.</param>
/// <param name="Commit">The commit that the load test was built from. A cluster that runs by itself may have another one.</param>
internal sealed record Surroundings(
    string Processor, int Cores, double Gigabytes, string System, double? LoadAverage, string DotNet, string Orleans, string Commit, string Build)
{
    public static Surroundings Read() => new(
        ProcessorName(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}",
        OneMinuteLoad(),
        $"{RuntimeInformation.FrameworkDescription}, {(GCSettings.IsServerGC ? "server" : "workstation")} garbage collection",
        VersionOf(typeof(IGrainFactory).Assembly).Version,
        VersionOf(typeof(Surroundings).Assembly).Commit,
#if DEBUG
        "Debug, which says nothing: use -c Release");
#else
        "Release");
#endif

    // The compiler appends the commit to the version, 1.0.0+commit; Orleans writes '1.0.0. Commit Hash: …'.
    private static (string Version, string Commit) VersionOf(Assembly assembly)
    {
        var parts = (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+', 2);
        return (parts[0].Split(". ")[0], parts.Length == 2 ? parts[1] : "unknown");
    }

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[^1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static double? OneMinuteLoad()
    {
        const string file = "/proc/loadavg";
        return File.Exists(file) && double.TryParse(File.ReadAllText(file).Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var load)
            ? load
            : null;
    }
}
