using System.Collections.Immutable;
using EngageCenter.Agreements;

namespace EngageCenter.Activities;

/// <summary>What was bought, and what of it was delivered. Equal to a recomputation from the activities at every moment.</summary>
/// <param name="Lines">
/// One for each package of the contract, in its order; then, by package id (ordinal), one for each that has left the
/// contract and has activities that count.
/// </param>
/// <param name="Totals">The sums of the lines.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ProofOfExecution")]
public sealed record ProofOfExecution(
    [property: Id(0)] string AgreementId,
    [property: Id(1)] DateTimeOffset AsOf,
    [property: Id(2)] ImmutableArray<ProofLine> Lines,
    [property: Id(3)] ProofFigures Totals);

/// <param name="Name">As the contract has it; of a package that left, as the last of its activities to be put knew it.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ProofLine")]
public sealed record ProofLine(
    [property: Id(0)] string PackageId,
    [property: Id(1)] string Name,
    [property: Id(2)] PackageKind Kind,
    [property: Id(3)] ProofFigures Figures);

/// <summary>Of activities that are not cancelled.</summary>
/// <param name="HoursPurchased">What the agreement states for the package; else the sum over its activities.</param>
/// <param name="HoursDelivered">The sum over the activities.</param>
/// <param name="Delivered">Activities whose status is Delivered.</param>
/// <param name="Planned">Activities whose status is Planned.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ProofFigures")]
public readonly record struct ProofFigures(
    [property: Id(0)] decimal HoursPurchased,
    [property: Id(1)] decimal HoursDelivered,
    [property: Id(2)] int Delivered,
    [property: Id(3)] int Planned)
{
    /// <summary>Below zero where more was delivered than was bought.</summary>
    public decimal HoursRemaining => HoursPurchased - HoursDelivered;

    public static ProofFigures operator +(ProofFigures one, ProofFigures other) => new(
        one.HoursPurchased + other.HoursPurchased,
        one.HoursDelivered + other.HoursDelivered,
        one.Delivered + other.Delivered,
        one.Planned + other.Planned);
}
