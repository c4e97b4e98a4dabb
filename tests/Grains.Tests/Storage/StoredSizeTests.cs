using System.Text.Encodings.Web;
using System.Text.Json;
using CsCheck;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Learning;
using EngageCenter.Storage;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Storage;

/// <summary>The size that an entry reports is never less than the size that a silo writes.</summary>
public class StoredSizeTests
{
    private static readonly JsonSerializerOptions asStored = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Letters, characters that are escaped, and characters outside of the basic multilingual plane.
    private static readonly string[] pieces = ["a", "z", "0", " ", "\"", "\\", "\t", "é", "Ω", "\u2028", "😀", "𝔘"];
    private static readonly Gen<string> texts = Gen.Int[0, pieces.Length - 1].Array[1, 200].Select(some => string.Concat(some.Select(i => pieces[i])));

    [Fact]
    public void Case_takes_at_most_its_reported_size() => texts.Sample(text => Holds(new StoredCase(
        text, long.MaxValue, long.MaxValue, long.MaxValue, text, CaseStatus.WaitingForCustomer, CaseSeverity.One,
        text, text, text, false, long.MaxValue, long.MaxValue, long.MaxValue, text)));

    [Fact]
    public void Activity_takes_at_most_its_reported_size() => texts.Sample(text => Holds(new StoredActivity(
        text, long.MaxValue, text, Enum.GetValues<ActivityKind>()[^1], text, ActivityStatus.Cancelled, long.MaxValue, long.MaxValue, long.MaxValue,
        long.MaxValue, text, text, Enum.GetValues<PackageKind>()[^1], long.MaxValue)));

    [Fact]
    public void Course_and_enrolment_take_at_most_their_reported_size() => texts.Sample(text =>
    {
        var course = new StoredCourse(text, long.MaxValue, text, Enum.GetValues<CourseFormat>()[^1], text, text, int.MaxValue);
        Holds(course);
        Holds(new StoredEnrollment(text, course, long.MaxValue, 100, long.MaxValue, long.MaxValue, long.MaxValue));
    });

    [Fact]
    public void Seen_person_takes_at_most_the_reported_size() => texts.Sample(text => Holds(SeenEntry.Of(new(
        new(Guid.NewGuid(), Guid.NewGuid()), new(text, text, UserType.Member), [.. Enumerable.Range(0, 200).Select(_ => Guid.NewGuid())],
        DateTimeOffset.MaxValue, DateTimeOffset.MaxValue))));

    private static void Holds<TEntry>(TEntry entry)
        where TEntry : class, ILogEntry<TEntry> =>
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(entry, asStored).Length, 1, entry.StoredBytes);
}
