using System.Text.Json.Serialization;
using EngageCenter.Storage;

namespace EngageCenter.Learning;

/// <summary>A <see cref="Course"/> as it is stored and kept in memory.</summary>
/// <remarks>As JSON about 150 bytes for an ordinary course, at most 7,500: 600 code points that are escaped in 12 bytes each.</remarks>
[Alias("EngageCenter.StoredCourse")]
internal sealed record StoredCourse(
    [property: JsonPropertyName("i")] string CourseId,
    [property: JsonPropertyName("v")] long Version,
    [property: JsonPropertyName("t")] string Title,
    [property: JsonPropertyName("f")] CourseFormat Format,
    string Product,
    [property: JsonPropertyName("l")] string Language,
    [property: JsonPropertyName("d")] int DurationMinutes)
    : ILogEntry<StoredCourse>
{
    /// <summary>In Unicode form NFC, so that names that look the same are one product. An earlier release stored them as they came.</summary>
    [JsonPropertyName("p")]
    public string Product { get; init; } = Product.Normalize();

    [JsonIgnore]
    public int StoredBytes => StoredSize.Of(150, CourseId, Title, Product, Language);

    string ILogEntry<StoredCourse>.Key => CourseId;

    public bool Supersedes(StoredCourse other) => Version > other.Version;

    /// <exception cref="ArgumentException">A field is not within its limits; the caller should have checked it.</exception>
    public static StoredCourse From(Course course, long version)
    {
        // A code point takes one or two characters.
        var withinLimits = course.CourseId is { Length: > 0 and <= Course.MaxIdLength }
            && course.Title is { Length: > 0 and <= 2 * Course.MaxTitleLength }
            && Enum.IsDefined(course.Format)
            && course.Product is { Length: > 0 and <= 2 * Course.MaxProductLength }
            && course.Language is { Length: > 0 and <= Course.MaxLanguageLength }
            && course.DurationMinutes is > 0 and <= Course.MaxDurationMinutes;
        return withinLimits
            ? new(course.CourseId, version, course.Title, course.Format, course.Product, course.Language, course.DurationMinutes)
            : throw new ArgumentException($"Course '{course.CourseId}' has a field that is not within its limits.", nameof(course));
    }

    public Course ToCourse() => new(CourseId, Title, Format, Product, Language, DurationMinutes);

    public CourseView View() => new(ToCourse(), Version);
}
