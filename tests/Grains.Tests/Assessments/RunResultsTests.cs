using System.Collections.Immutable;
using System.Reflection;
using EngageCenter.Storage;

namespace EngageCenter.Assessments;

public class RunResultsTests
{
    private static readonly Recommendation full = new("a", FocusArea.UpgradeMigrationAndDeployment, "Title", 2, 3, 4, new(5, ["<é>", "two"]));

    /// <summary>Reads rows that releases wrote: a run with its hash, and its recommendations.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Hash_stored_by_an_earlier_release_equals_the_hash_of_today(int format)
    {
        var run = Row<AssessmentSchedules>(format, "assessments").ByTechnology["SqlServer"].Runs.Single();
        var stored = Row<RankedRecommendations>(format, "recommendations-SqlServer-0");

        var results = RunResults.Of(new("SqlServer", stored.RunId, Succeeded: true, stored.Items));

        Assert.Equal(run.ResultsHash, results.Hash);
    }

    /// <summary>Covers each kind of value: null or not, both outcomes, and characters that JSON can write in two ways.</summary>
    [Theory]
    [InlineData(true, 0, "pxuwfyBRTAiEFFrZ6vWniSn0VyC6V335h7Bh/LU4Yp8=")]
    [InlineData(false, 0, "Vm2fIePkaYePYz8tJTAhCGE7JzYsALYPTfJBnBFq6LQ=")]
    [InlineData(true, 1, "Yz3aiiZ8iLvo+URroa1vJTWKh4CmLBeAvKLZ3zJUr9E=")]
    [InlineData(true, 2, "2sF85bxBTO16bGcvCvttdmQYvakAPOeuAbUL0zbc4V8=")]
    [InlineData(true, 3, "MehQRxZiI8NhByK8mfU5j96jrvuj5vVeafZGWBZBSP8=")]
    [InlineData(true, 4, "2IQdFqb1h5CxJGcsV14gvfp1ug3vGTRtuV14njpK96M=")]
    public void Hash_never_changes(bool succeeded, int with, string expected)
    {
        ImmutableArray<Recommendation> items = with switch
        {
            0 => [],
            1 => [full],
            2 => [full with { AffectedObjects = null }],
            3 => [.. Enum.GetValues<FocusArea>().Select(area => full with { RecommendationId = $"{area}", FocusArea = area })],
            _ => [full with { RecommendationId = "b", Title = "\"\\/<&+'`\u00e9\u2014\ud83d\ude00", AffectedObjects = new(long.MaxValue, null) }, full],
        };

        Assert.Equal(expected, RunResults.Of(new("SqlServer", "SqlServer-1", succeeded, items)).Hash);
    }

    [Fact]
    public void Hash_does_not_depend_on_the_order_of_recommendations()
    {
        var (one, other) = (full, full with { RecommendationId = "b" });

        Assert.Equal(HashOf(one, other), HashOf(other, one));
    }

    /// <summary>A member that is added later fails here, until somebody decides what happens to the stored hashes.</summary>
    [Fact]
    public void Every_member_changes_the_hash()
    {
        Dictionary<string, Recommendation> changed = new()
        {
            [nameof(Recommendation.RecommendationId)] = full with { RecommendationId = "b" },
            [nameof(Recommendation.FocusArea)] = full with { FocusArea = FocusArea.SecurityAndCompliance },
            [nameof(Recommendation.Title)] = full with { Title = "title" },
            [nameof(Recommendation.BusinessImpact)] = full with { BusinessImpact = 1 },
            [nameof(Recommendation.Probability)] = full with { Probability = 1 },
            [nameof(Recommendation.Effort)] = full with { Effort = 1 },
            [nameof(AffectedObjects.Count)] = full with { AffectedObjects = new(6, full.AffectedObjects!.Names) },
            [nameof(AffectedObjects.Names)] = full with { AffectedObjects = new(5, ["<é>"]) },
        };

        Assert.Equal(Members<Recommendation>().Except([nameof(Recommendation.AffectedObjects)]).Concat(Members<AffectedObjects>()).Order(), changed.Keys.Order());
        Assert.Equal(changed.Count + 1, changed.Values.Append(full).Select(r => HashOf(r)).Distinct().Count());
    }

    private static T Row<T>(int format, string name) =>
        RowFormat.Read<T>(File.ReadAllBytes(CheckedInRows.FileOf(format, StoredRowKind.Of("assessments", name)!)));

    private static string HashOf(params ImmutableArray<Recommendation> items) => RunResults.Of(new("SqlServer", "SqlServer-1", Succeeded: true, items)).Hash;

    /// <summary>The members that a caller sets; the others are computed from them.</summary>
    private static IEnumerable<string> Members<T>() =>
        typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).Select(p => p.Name);
}
