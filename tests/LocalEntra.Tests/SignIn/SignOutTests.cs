using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.SignIn;

public sealed class SignOutTests(SharedEntra shared) : IClassFixture<SharedEntra>
{
    private readonly RunningEntra entra = shared.Running;
    private readonly SignInClient client = new(shared.Running);

    [Fact]
    public async Task Signed_out_person_is_sent_back_and_asked_again_next_time()
    {
        using var browser = new Browser { StopAt = "-oidc" };
        await browser.ChooseAsync(await browser.OpenAsync(client.AuthorizeUrl()), "ann@contoso.example");
        var cookie = browser.Cookies.GetAllCookies().Single();

        var page = await browser.OpenAsync($"{entra.Url}/{Contoso}/oauth2/v2.0/logout?post_logout_redirect_uri=http://127.0.0.1:5000/signout-callback-oidc&state=a%26b");

        Assert.Equal("http://127.0.0.1:5000/signout-callback-oidc?state=a%26b", page.Address.AbsoluteUri);
        Assert.Equal("Who are you?", (await browser.OpenAsync(client.AuthorizeUrl())).Title);

        // This holds even for somebody who has kept the cookie.
        using var other = new Browser { StopAt = "-oidc" };
        other.Cookies.Add(new System.Net.Cookie(cookie.Name, cookie.Value, "/", "127.0.0.1"));
        Assert.Equal("Who are you?", (await other.OpenAsync(client.AuthorizeUrl())).Title);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?post_logout_redirect_uri=http://evil.example/")]
    [InlineData("?post_logout_redirect_uri=http://127.0.0.1:5000/elsewhere")]
    [InlineData("?post_logout_redirect_uri=//evil.example")]
    [InlineData("?post_logout_redirect_uri=http://127.0.0.1:5000/signout-callback-oidc&post_logout_redirect_uri=http://evil.example")]
    public async Task Sign_out_never_redirects_to_an_unregistered_address(string query)
    {
        using var browser = new Browser { StopAt = "-oidc" };
        await browser.ChooseAsync(await browser.OpenAsync(client.AuthorizeUrl()), "ann@contoso.example");

        var page = await browser.OpenAsync($"{entra.Url}/common/oauth2/v2.0/logout{query}");

        Assert.Equal("You are signed out", page.Title);
        Assert.Equal("Who are you?", (await browser.OpenAsync(client.AuthorizeUrl())).Title);
    }

    [Fact]
    public async Task Scripts_cannot_read_the_session_cookie()
    {
        using var browser = new Browser { StopAt = "-oidc" };

        var page = await browser.ChooseAsync(await browser.OpenAsync(client.AuthorizeUrl()), "ann@contoso.example");

        Assert.Matches("^local-entra-session=[A-Za-z0-9_-]{43}; path=/; samesite=lax; httponly$", page.Headers["Set-Cookie"]);
    }
}
