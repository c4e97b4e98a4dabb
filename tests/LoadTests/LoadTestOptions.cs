using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

/// <summary>Valid options of a load test.</summary>
/// <param name="InProcessSilos">The numbers of silos of clusters in this process, which run one after the other; empty for a cluster that runs by itself.</param>
/// <param name="Script">The <c>./cluster</c> script that knows the address of the cluster.</param>
/// <param name="Address">The address of a cluster that <paramref name="Script"/> does not know.</param>
/// <param name="Weights">The weights of the scenarios in the mix.</param>
/// <param name="ReportFolder">Null for no report.</param>
/// <param name="AllowedErrors">The allowed errors of all scenarios together. Wrong answers are never allowed.</param>
/// <param name="Command">The arguments, without the folder of the report.</param>
internal sealed record LoadTestOptions(
    ImmutableArray<int> InProcessSilos,
    string? Script,
    ClusterAddress? Address,
    ImmutableArray<string> Scenarios,
    MixWeights Weights,
    LoadOptions Load,
    DatasetSize Size,
    string? ReportFolder,
    long AllowedErrors,
    string Command);
