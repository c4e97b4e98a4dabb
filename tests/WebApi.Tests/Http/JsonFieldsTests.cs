using System.Text.Json;
using EngageCenter.WebApi.Http;

namespace EngageCenter.WebApi.Tests.Http;

public class JsonFieldsTests
{
    [Theory]
    [InlineData("50", 50)]
    [InlineData("50.0", 50)]
    [InlineData("5e1", 50)]
    [InlineData("500E-1", 50)]
    [InlineData("-0.0", 0)]
    [InlineData("100.000000000000000000000000", 100)]
    [InlineData("50.5", null)]
    [InlineData("101", null)]
    [InlineData("-1", null)]
    [InlineData("1e400", null)]
    [InlineData("1e-400", null)]
    [InlineData("50.00000000000000000000000000000001", null)]
    [InlineData("\"50\"", null)]
    [InlineData("true", null)]
    public void A_whole_number_is_one_by_its_value(string json, int? value)
    {
        var errors = new RequestErrors();

        Assert.Equal(value, Of(json, errors).RequiredWhole("number", 0, 100));
        Assert.Equal(value is null, errors.Any);
    }

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("3.0", 3L)]
    [InlineData("9223372036854775808", null)]
    [InlineData("-1", null)]
    [InlineData("0.1", null)]
    public void A_count_has_no_upper_limit_but_the_type_s(string json, long? value)
    {
        var errors = new RequestErrors();

        Assert.Equal(value, Of(json, errors).RequiredCount("number"));
        Assert.Equal(value is null, errors.Any);
    }

    private static JsonFields Of(string number, RequestErrors errors) =>
        JsonFields.Of(JsonElement.Parse($"{{\"number\":{number}}}"), "", errors)!;
}
