namespace EngageCenter.Learning;

public enum CourseFormat
{
    Workshop,
    Lab,
    Video,
    Webcast,
}

/// <summary>A course of the catalogue.</summary>
/// <param name="CourseId">1 to 64 characters that need no escaping in a URL.</param>
/// <param name="Title">1 to 500 Unicode code points.</param>
/// <param name="Product">1 to 100 Unicode code points.</param>
/// <param name="Language">A BCP 47 tag in its canonical case, at most 35 characters.</param>
/// <param name="DurationMinutes">1 to <see cref="MaxDurationMinutes"/>.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.Course")]
public sealed record Course(
    [property: Id(0)] string CourseId,
    [property: Id(1)] string Title,
    [property: Id(2)] CourseFormat Format,
    [property: Id(3)] string Product,
    [property: Id(4)] string Language,
    [property: Id(5)] int DurationMinutes)
{
    public const int MaxIdLength = 64;
    public const int MaxTitleLength = 500;
    public const int MaxProductLength = 100;
    public const int MaxLanguageLength = 35;
    public const int MaxDurationMinutes = 100_000;

    /// <summary>The most courses in the catalogue.</summary>
    public const int MaxCount = 10_000;
}

/// <param name="Version">Grows with each change of the course.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.CourseView")]
public sealed record CourseView(
    [property: Id(0)] Course Course,
    [property: Id(1)] long Version);
