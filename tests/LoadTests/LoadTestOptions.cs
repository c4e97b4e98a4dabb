using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

/// <summary>What somebody asked for, all of it within its limits.</summary>
/// <param name="InProcessSilos">Clusters in this process, one after the other, with so many silos; none for a cluster that runs on its own.</param>
/// <param name="Script">The <c>./cluster</c> that knows where the cluster is.</param>
/// <param name="Address">Of a cluster that <paramref name="Script"/> does not know.</param>
/// <param name="Weights">Of the scenarios in the mix.</param>
/// <param name="ReportFolder">Null for none.</param>
/// <param name="AllowedErrors">Of all scenarios together; wrong answers are never allowed.</param>
/// <param name="Command">As it was asked for, save where the report goes.</param>
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
