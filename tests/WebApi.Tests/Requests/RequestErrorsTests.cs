using EngageCenter.WebApi.Requests;


namespace EngageCenter.WebApi.Tests.Requests;

public sealed class RequestErrorsTests
{
    [Fact]
    public void Error_response_is_bounded_for_any_request()
    {
        var errors = new RequestErrors();
        for (var i = 0; i < 1_000; i++)
        {
            errors.Add("same", "Again.");
            errors.Add($"{i} {new string('x', 10_000)}", "Wrong.");
        }

        var told = errors.ToDictionary();
        Assert.Equal(RequestErrors.MaxFields, told.Count);
        Assert.Equal(RequestErrors.MaxMessages, told["same"].Length);
        Assert.All(told.Keys, name => Assert.InRange(name.Length, 1, 201));
    }
}
