using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace EngageCenter.Assessments;

/// <summary>The results of a run.</summary>
/// <param name="Ranked">In the order in which they are shown.</param>
/// <param name="Hash">Equal for equal results, whatever their order in the report. Stored with the run.</param>
internal sealed record RunResults(bool Succeeded, ImmutableArray<Recommendation> Ranked, string Hash)
{
    /// <exception cref="ArgumentException">A recommendation is not within its limits, or there are too many.</exception>
    public static RunResults Of(ReportRun command)
    {
        Bounds.Items(command.Recommendations, 0, Recommendation.MaxPerRun);
        foreach (var recommendation in command.Recommendations)
        {
            Check(recommendation);
        }

        Bounds.Require(
            command.Recommendations.DistinctBy(r => r.RecommendationId, StringComparer.Ordinal).Count() == command.Recommendations.Length,
            "A recommendation's id is there once in a run.");

        var ranked = RankedRecommendations.Rank(command.Recommendations);
        return new(command.Succeeded, ranked, HashOf(command.Succeeded, ranked));
    }

    /// <summary>
    /// Computes the hash of version 1: SHA-256 of this JSON, in base64. It is compared with hashes stored long ago, so the fields
    /// and their order must not change. New fields go into a version 2 whose hash begins with "2:"; a stored hash without that
    /// prefix is still compared with version 1.
    /// </summary>
    private static string HashOf(bool succeeded, ImmutableArray<Recommendation> ranked)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteBoolean("Succeeded"u8, succeeded);
            json.WriteStartArray("ranked"u8);
            foreach (var recommendation in ranked)
            {
                json.WriteStartObject();
                json.WriteString("RecommendationId"u8, recommendation.RecommendationId);
                json.WriteNumber("FocusArea"u8, (int)recommendation.FocusArea);
                json.WriteString("Title"u8, recommendation.Title);
                json.WriteNumber("BusinessImpact"u8, recommendation.BusinessImpact);
                json.WriteNumber("Probability"u8, recommendation.Probability);
                json.WriteNumber("Effort"u8, recommendation.Effort);
                Write(json, recommendation.AffectedObjects);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Convert.ToBase64String(SHA256.HashData(bytes.WrittenSpan));
    }

    private static void Write(Utf8JsonWriter json, AffectedObjects? affected)
    {
        if (affected is null)
        {
            json.WriteNull("AffectedObjects"u8);
            return;
        }

        json.WriteStartObject("AffectedObjects"u8);
        json.WriteNumber("Count"u8, affected.Count);
        if (affected.Names is { } names)
        {
            json.WriteStartArray("Names"u8);
            foreach (var name in names)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteNull("Names"u8);
        }

        json.WriteEndObject();
    }

    private static void Check(Recommendation recommendation)
    {
        Bounds.Text(recommendation.RecommendationId, Recommendation.MaxIdLength);
        Bounds.Defined(recommendation.FocusArea);
        Bounds.Text(recommendation.Title, Recommendation.MaxTitleLength);
        foreach (var rating in (ReadOnlySpan<int>)[recommendation.BusinessImpact, recommendation.Probability, recommendation.Effort])
        {
            Bounds.Require(rating is >= 1 and <= Recommendation.MaxRating, $"A rating is from 1 to {Recommendation.MaxRating}.");
        }

        if (recommendation.AffectedObjects is { } affected)
        {
            Bounds.Require(affected.Count >= 0, "A count is 0 or greater.");
            if (affected.Names is { } names)
            {
                Bounds.Items(names, 0, AffectedObjects.MaxNames);
                foreach (var name in names)
                {
                    Bounds.Text(name, AffectedObjects.MaxNameLength);
                }
            }
        }
    }
}
