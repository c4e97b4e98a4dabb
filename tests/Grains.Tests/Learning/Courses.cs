namespace EngageCenter.Learning;

/// <summary>Makes courses for tests.</summary>
internal static class Courses
{
    public static DateTimeOffset Start { get; } = new(2026, 1, 31, 23, 0, 0, TimeSpan.Zero);

    public static Course NewCourse(
        string id, string title = "Azure networking in depth", CourseFormat format = CourseFormat.Video, string product = "Azure", string language = "en", int minutes = 90) =>
        new(id, title, format, product, language, minutes);
}
