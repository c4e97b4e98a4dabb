using System.Text.Json.Serialization;
using EngageCenter.Activities;
using EngageCenter.Agreements;

namespace EngageCenter.WebApi.Activities;

/// <summary>Work done for a customer under a package of the agreement.</summary>
internal sealed record ActivityJson(
    string ActivityId,
    string PackageId,
    ActivityKind Kind,
    string Title,
    ActivityStatus Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? HoursPurchased,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? HoursDelivered,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? PlannedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? DeliveredAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? EvidenceUri)
{
    public static ActivityJson Of(CustomerActivity activity) => new(
        activity.ActivityId,
        activity.PackageId,
        activity.Kind,
        activity.Title,
        activity.Status,
        activity.HoursPurchased,
        activity.HoursDelivered,
        activity.PlannedAt,
        activity.DeliveredAt,
        activity.EvidenceUri);
}

/// <summary>The hours bought and delivered, by package. Cancelled activities do not count.</summary>
/// <param name="Lines">The contract's packages in its order; then removed packages that have activities that count.</param>
/// <param name="Totals">The sums of the lines.</param>
internal sealed record ProofResponse(
    string AgreementId,
    DateTimeOffset AsOf,
    IReadOnlyList<ProofLineJson> Lines,
    ProofTotalsJson Totals)
{
    public static ProofResponse Of(ProofOfExecution proof) => new(
        proof.AgreementId, proof.AsOf, [.. proof.Lines.Select(ProofLineJson.Of)], ProofTotalsJson.Of(proof.Totals));
}

/// <param name="HoursPurchased">The hours that the agreement states; if it states none, the sum over the activities.</param>
/// <param name="HoursRemaining">Negative if more was delivered than bought.</param>
/// <param name="Delivered">Activities whose status is Delivered.</param>
/// <param name="Planned">Activities whose status is Planned.</param>
internal sealed record ProofLineJson(
    string PackageId,
    string Name,
    PackageKind Kind,
    decimal HoursPurchased,
    decimal HoursDelivered,
    decimal HoursRemaining,
    int Delivered,
    int Planned)
{
    public static ProofLineJson Of(ProofLine line) => new(
        line.PackageId,
        line.Name,
        line.Kind,
        line.Figures.HoursPurchased,
        line.Figures.HoursDelivered,
        line.Figures.HoursRemaining,
        line.Figures.Delivered,
        line.Figures.Planned);
}

internal sealed record ProofTotalsJson(decimal HoursPurchased, decimal HoursDelivered, decimal HoursRemaining, int Delivered, int Planned)
{
    public static ProofTotalsJson Of(ProofFigures totals) =>
        new(totals.HoursPurchased, totals.HoursDelivered, totals.HoursRemaining, totals.Delivered, totals.Planned);
}
