using System.Globalization;
using EngageCenter.Support;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Support;

/// <summary>Support cases as CSV.</summary>
internal static class CaseCsv
{
    public static CsvTable<SupportCase> Table { get; } = new(
        "support-cases",
        ("caseId", c => c.CaseId),
        ("revision", c => c.Revision.ToString(CultureInfo.InvariantCulture)),
        ("lastUpdatedAt", c => Rfc3339.Format(c.LastUpdatedAt)),
        ("createdAt", c => Rfc3339.Format(c.CreatedAt)),
        ("title", c => c.Title),
        ("status", c => c.Status.ToString()),
        ("severity", c => WireNames.Severity.Of(c.Severity)),
        ("product", c => c.Product),
        ("cloud", c => c.Cloud),
        ("location", c => c.Location),
        ("slaMet", c => Csv.Cell(c.SlaMet)),
        ("firstResponseAt", c => Csv.Cell(c.FirstResponseAt)),
        ("resolvedAt", c => Csv.Cell(c.ResolvedAt)),
        ("closedAt", c => Csv.Cell(c.ClosedAt)),
        ("primaryContact", c => c.PrimaryContact));
}
