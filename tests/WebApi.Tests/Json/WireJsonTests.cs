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
    public void Whole_number_is_recognized_by_its_value(string json, int? value) => Assert.Equal(value, Read<int>(json));

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("3.0", 3L)]
    [InlineData("9223372036854775808", null)]
    [InlineData("0.1", null)]
    public void Long_number_is_limited_only_by_its_type(string json, long? value) => Assert.Equal(value, Read<long>(json));

    [Theory]
    [InlineData("12.5", "12.5")]
    [InlineData("1.25000000", "1.25000000")]
    [InlineData("79228162514264337593543950336", null)]
    [InlineData("999999.99999999999999999999999999", null)]
    public void Number_is_stored_exactly_or_refused(string json, string? written) =>
        Assert.Equal(written, Read<decimal>(json) is { } value ? JsonSerializer.Serialize(value, WireJson.Options) : null);

    [Theory]
    [InlineData("\"b\"", "Must be a string.", "[1]")]
    [InlineData("\"b\"", "Must be an array.", "{}")]
    [InlineData("\"b\"", "Must be an array.", "\"a\"")]
    public void Message_of_the_serializer_is_the_expected_one(string good, string message, string bad)
    {
        Assert.Equal(["b"], JsonSerializer.Deserialize<IReadOnlyList<string>>($"[{good}]", WireJson.Options)!);
        var wrong = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<IReadOnlyList<string>>(bad, WireJson.Options));
        Assert.Equal([message], RequestErrors.Of(new("", wrong)).ToDictionary().Values.Single());
    }

    [Theory]
    [InlineData(WireJson.MaxTextBytes, true)]
    [InlineData(WireJson.MaxTextBytes + 1, false)]
    public void Text_has_a_maximum_size_before_any_rule_runs(int bytes, bool isRead) =>
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
