using Microsoft.Extensions.Configuration;

namespace EngageCenter.ServiceDefaults.Tests;

public class SettingsTests
{
    [Fact]
    public void Settings_are_read_and_the_others_keep_their_defaults()
    {
        var options = Read(("Some:Count", "7"), ("Some:Ids:0", "c0000000-0000-4000-8000-000000000000"), ("Some:Inner:Kind", "Local"));

        Assert.Equal((7, 1, DateTimeKind.Local, TimeSpan.FromSeconds(5)), (options.Count, options.Ids.Count, options.Inner.Kind, options.Time));
    }

    [Theory]
    [InlineData("Some:Count", "seven")]
    [InlineData("Some:Count", "7.5")]
    [InlineData("Some:Count", "99999999999")]
    [InlineData("Some:Time", "soon")]
    [InlineData("Some:Ids:0", "garbage")]
    [InlineData("Some:Kinds:1", "garbage")]
    [InlineData("Some:Inner:Kind", "garbage")]
    [InlineData("Some:Inner:Flag", "maybe")]
    public void Value_of_a_wrong_type_is_named_wherever_it_is(string setting, string value)
    {
        var refused = Assert.Throws<SettingException>(() => Read((setting, value)));

        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        Assert.Single(refused.Message.Split('\n'));
    }

    [Theory]
    [InlineData("Some:Cuont", "Cuont")]
    [InlineData("Some:Inner:Knid", "Knid")]
    public void Unknown_setting_is_named(string setting, string name)
    {
        var refused = Assert.Throws<SettingException>(() => Read((setting, "1")));

        Assert.Equal($"There is no setting '{name}' in Some.", refused.Message);
    }

    [Theory]
    [InlineData("The grain user/c0000000-0000-4000-8000-000000000000/c0000000-0000-4000-8000-000000000101 did", "The grain user did")]
    [InlineData("default/USER%2Fc0000000-0000-4000-8000-000000000000%2Fc0000000-0000-4000-8000-000000000101.json", "default/user.json")]
    [InlineData("workspace/0123456789abcdef0123456789abcdef", "workspace/0123456789abcdef0123456789abcdef")]
    public void Key_of_a_person_is_removed_from_text(string text, string without) => Assert.Equal(without, GrainKeys.WithoutPersons(text));

    private static Options Read(params (string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value))).Build().Read<Options>("Some");

    private sealed class Options
    {
        public int Count { get; set; } = 3;

        public TimeSpan Time { get; set; } = TimeSpan.FromSeconds(5);

        public IList<Guid> Ids { get; } = [];

        public List<DateTimeKind> Kinds { get; set; } = [];

        public InnerOptions Inner { get; set; } = new();
    }

    private sealed class InnerOptions
    {
        public DateTimeKind Kind { get; set; }

        public bool Flag { get; set; }
    }
}
