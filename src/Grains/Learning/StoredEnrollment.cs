using System.Text.Json.Serialization;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Learning;

/// <summary>An <see cref="Enrollment"/> as it is stored and kept in memory. Its times are in ticks of UTC.</summary>
/// <remarks>
/// As JSON about 250 bytes, at most 7,800 (see <see cref="StoredCourse"/>). In memory about 400 bytes if many enrolments share
/// course and person: 80 MB for a workspace at its limit, which takes 2 s to read.
/// </remarks>
/// <param name="Person">The key of the person's grain.</param>
/// <param name="Course">The course as it was when the person started it.</param>
[Alias("EngageCenter.StoredEnrollment")]
internal sealed record StoredEnrollment(
    [property: JsonPropertyName("p")] string Person,
    [property: JsonPropertyName("c")] StoredCourse Course,
    [property: JsonPropertyName("v")] long Version,
    [property: JsonPropertyName("g")] int ProgressPercent,
    [property: JsonPropertyName("s")] long StartedAt,
    [property: JsonPropertyName("x"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? CompletedAt,
    [property: JsonPropertyName("u")] long UpdatedAt)
    : ILogEntry<StoredEnrollment>
{
    [JsonIgnore]
    public string Key { get; } = KeyOf(Person, Course.CourseId);

    [JsonIgnore]
    public int StoredBytes => StoredSize.Of(200 + Course.StoredBytes, Person);

    /// <param name="person">The key of the person's grain.</param>
    public static string KeyOf(string person, string courseId) => $"{person}/{courseId}";

    public bool Supersedes(StoredEnrollment other) => Version > other.Version;

    public static StoredEnrollment Start(PersonId person, StoredCourse course, int percent, DateTimeOffset now) =>
        new(person.ToString(), course, 1, percent, now.UtcTicks, percent == 100 ? now.UtcTicks : null, now.UtcTicks);

    /// <summary>Records progress. It is the greatest value that was reported, so late and repeated reports change nothing. Time does not go back.</summary>
    public StoredEnrollment MoveOn(int percent, DateTimeOffset now) => percent <= ProgressPercent ? this : this with
    {
        Version = Version + 1,
        ProgressPercent = percent,
        CompletedAt = percent == 100 ? Math.Max(StartedAt, now.UtcTicks) : null,
        UpdatedAt = Math.Max(UpdatedAt, now.UtcTicks),
    };

    public Enrollment View() => new(
        Course.ToCourse(),
        ProgressPercent,
        new(StartedAt, TimeSpan.Zero),
        CompletedAt is { } completed ? new(completed, TimeSpan.Zero) : null,
        new(UpdatedAt, TimeSpan.Zero),
        Version);
}
