using System.Text.Json;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;

namespace EngageCenter.WebApi.Tests.Json;

public class WireJsonTests
{
    [Theory]
    [InlineData("50", 50)]
    [InlineData("50.0", 50)]
    [InlineData("5e1", 50)]
    [InlineData("500E-1", 50)]
    [InlineData("-0.0", 0)]
    [InlineData("100.000000000000000000000000", 100)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("2147483648", null)]
    [InlineData("50.5", null)]
    [InlineData("1e400", null)]
    [InlineData("1e-400", null)]
    [InlineData("50.00000000000000000000000000000001", null)]
    [InlineData("\"50\"", null)]
    [InlineData("true", null)]
    public void A_whole_number_is_one_by_its_value(string json, int? value) => Assert.Equal(value, Read<int>(json));

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("3.0", 3L)]
    [InlineData("9223372036854775808", null)]
    [InlineData("0.1", null)]
    public void A_long_one_has_no_limit_but_the_type_s(string json, long? value) => Assert.Equal(value, Read<long>(json));

    [Theory]
    [InlineData("12.5", "12.5")]
    [InlineData("1.25000000", "1.25000000")]
    [InlineData("79228162514264337593543950336", null)]
    [InlineData("999999.99999999999999999999999999", null)]
    public void A_number_is_kept_exactly_or_refused(string json, string? written) =>
        Assert.Equal(written, Read<decimal>(json) is { } value ? JsonSerializer.Serialize(value, WireJson.Options) : null);

    [Theory]
    [InlineData("\"b\"", "Must be a string.", "[1]")]
    [InlineData("\"b\"", "Must be an array.", "{}")]
    [InlineData("\"b\"", "Must be an array.", "\"a\"")]
    public void The_serializer_still_says_what_it_wanted(string good, string message, string bad)
    {
        Assert.Equal(["b"], JsonSerializer.Deserialize<IReadOnlyList<string>>($"[{good}]", WireJson.Options)!);
        var wrong = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<IReadOnlyList<string>>(bad, WireJson.Options));
        Assert.Equal([message], RequestErrors.Of(new("", wrong)).ToDictionary().Values.Single());
    }

    [Theory]
    [InlineData(WireJson.MaxTextBytes, true)]
    [InlineData(WireJson.MaxTextBytes + 1, false)]
    public void A_text_has_a_limit_before_any_rule_is_asked(int bytes, bool isRead) =>
        Assert.Equal(isRead, Record.Exception(() => JsonSerializer.Deserialize<string>($"\"{new string('a', bytes)}\"", WireJson.Options)) is null);

    private static T? Read<T>(string json)
        where T : struct
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, WireJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
