using System.Collections.Immutable;
using EngageCenter.Agreements;

namespace EngageCenter.Activities;

/// <summary>The hours that were bought, and how many of them were delivered. Always equal to a recomputation from all activities.</summary>
/// <param name="Lines">
/// One line for each package of the contract, in its order. Then one line for each package that has left the contract and
/// has activities that count, by package id (ordinal).
/// </param>
/// <param name="Totals">The sums of the lines.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ProofOfExecution")]
public sealed record ProofOfExecution(
    [property: Id(0)] string AgreementId,
    [property: Id(1)] DateTimeOffset AsOf,
    [property: Id(2)] ImmutableArray<ProofLine> Lines,
    [property: Id(3)] ProofFigures Totals);

/// <param name="Name">The name in the contract. For a package that left, the name that the activity put last had for it.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.ProofLine")]
public sealed record ProofLine(
    [property: Id(0)] string PackageId,
    [property: Id(1)] string Name,
    [property: Id(2)] PackageKind Kind,
    [property: Id(3)] ProofFigures Figures);

/// <summary>Figures of all activities that are not cancelled.</summary>
/// <param name="HoursPurchased">What the agreement states for the package; otherwise the sum over its activities.</param>
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
    /// <summary>Below zero if more was delivered than was bought.</summary>
    public decimal HoursRemaining => HoursPurchased - HoursDelivered;

    public static ProofFigures operator +(ProofFigures one, ProofFigures other) => new(
        one.HoursPurchased + other.HoursPurchased,
        one.HoursDelivered + other.HoursDelivered,
        one.Delivered + other.Delivered,
        one.Planned + other.Planned);
}
