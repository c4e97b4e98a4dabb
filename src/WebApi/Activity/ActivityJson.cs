using System.Text.Json.Serialization;
using EngageCenter.Activities;
using EngageCenter.Agreements;

namespace EngageCenter.WebApi.Activities;

/// <summary>What is done for a customer on a package of the agreement.</summary>
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

/// <summary>What was bought, and what of it was delivered. Cancelled activities count nowhere.</summary>
/// <param name="Lines">The contract's packages in its order; then those that left it and have activities that count.</param>
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

/// <param name="HoursPurchased">What the agreement states; else the sum over the activities.</param>
/// <param name="HoursRemaining">Below zero where more was delivered than was bought.</param>
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
