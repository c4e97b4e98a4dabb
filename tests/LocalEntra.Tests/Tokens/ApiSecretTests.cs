using System.Net;

namespace EngageCenter.LocalEntra.Tests.Tokens;

public sealed class ApiSecretTests
{
    [Theory]
    [InlineData("--LocalEntra:ApiClientSecret=of the test", "of the test", HttpStatusCode.OK)]
    [InlineData("--LocalEntra:ApiClientSecret=of the test", "another", HttpStatusCode.Unauthorized)]
    [InlineData("--LocalEntra:ApiClientSecret=", "", HttpStatusCode.BadRequest)]
    public async Task API_gets_tokens_for_Graph_with_the_secret_from_the_host(string option, string secret, HttpStatusCode status)
    {
        await using var entra = await RunningEntra.StartAsync(TestDirectory.Value, null, option);

        using var answer = await entra.AskTokenAsync(
            TestDirectory.Contoso,
            ("grant_type", "client_credentials"),
            ("client_id", LocalEntraOptions.DefaultApiClientId),
            ("client_secret", secret),
            ("scope", "https://graph.microsoft.com/.default"));

        Assert.Equal(status, answer.StatusCode);
    }
}
