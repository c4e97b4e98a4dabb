using System.Collections.Immutable;
using System.Globalization;

namespace EngageCenter.LoadTests;

/// <summary>How often each scenario is drawn in a mix. Written as <c>check=9,home=1</c>.</summary>
/// <param name="Of">At least one scenario, each once.</param>
internal sealed record MixWeights(ImmutableArray<(string Scenario, int Weight)> Of)
{
    public const int MaxWeight = 1_000_000;

    /// <summary>Returns null if the text is invalid.</summary>
    public static MixWeights? Parse(string text)
    {
        var weights = ImmutableArray.CreateBuilder<(string Scenario, int Weight)>();
        foreach (var part in text.Split(','))
        {
            if (part.Split('=') is not [var scenario, var number]
                || !Scenarios.Single.Contains(scenario)
                || weights.Any(w => w.Scenario == scenario)
                || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var weight)
                || weight is < 1 or > MaxWeight)
            {
                return null;
            }

            weights.Add((scenario, weight));
        }

        return new(weights.ToImmutable());
    }

    public override string ToString() => string.Join(',', Of.Select(w => $"{w.Scenario}={w.Weight.ToString(CultureInfo.InvariantCulture)}"));
}
