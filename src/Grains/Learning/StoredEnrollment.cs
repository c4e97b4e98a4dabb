using System.Text.Json.Serialization;
using EngageCenter.Storage;
using EngageCenter.Users;

namespace EngageCenter.Learning;

/// <summary>An <see cref="Enrollment"/> as it is stored and kept in memory, its instants in ticks of UTC.</summary>
/// <remarks>
/// As JSON some 250 bytes, at most 7,800 (see <see cref="StoredCourse"/>). In memory some 400 bytes where course and person
/// are those of many: 80 MB for a workspace at its limit, and 2 s to read it.
/// </remarks>
/// <param name="Person">The key of the person's grain.</param>
/// <param name="Course">As it was when it was started.</param>
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

    /// <summary>Progress is the maximum of what was reported, so late and repeated reports change nothing. Time does not go back.</summary>
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
