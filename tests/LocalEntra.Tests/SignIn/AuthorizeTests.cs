using System.Net;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.SignIn;

/// <summary>Tests what the authorization endpoint returns to an application, and when it does not redirect.</summary>
public sealed class AuthorizeTests(SharedEntra shared) : IClassFixture<SharedEntra>
{
    private readonly RunningEntra entra = shared.Running;
    private readonly SignInClient client = new(shared.Running);

    [Fact]
    public async Task Application_gets_a_code_and_its_own_state()
    {
        var answer = await client.SignInAsync(changes: ("client_info", "1"));

        Assert.Equal(["client_info", "code", "session_state", "state"], answer.Keys.Order());
        Assert.Equal("the state", answer["state"]);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000/signin-oidc")]
    [InlineData("http://127.0.0.1/signin-oidc")]
    [InlineData("http://127.0.0.1:1/signout-callback-oidc")]
    public async Task Registered_redirect_URI_may_have_any_port(string redirectUri)
    {
        using var browser = new Browser();

        Assert.Equal("Who are you?", (await browser.OpenAsync(client.AuthorizeUrl(changes: ("redirect_uri", redirectUri)))).Title);
    }

    [Theory]
    [InlineData("http://evil.example/signin-oidc")]
    [InlineData("https://127.0.0.1:5000/signin-oidc")]
    [InlineData("http://localhost:5000/signin-oidc")]
    [InlineData("http://127.0.0.1:5000/signin-oidc/")]
    [InlineData("http://127.0.0.1:5000/Signin-oidc")]
    [InlineData("http://127.0.0.1:5000/signin-oidc?next=http://evil.example")]
    [InlineData("http://127.0.0.1:5000/signin-oidc#x")]
    [InlineData("http://127.0.0.1:5000/other/../signin-oidc")]
    [InlineData("http://127.0.0.1:5000/other")]
    [InlineData("http://127.0.0.1:5000@evil.example/signin-oidc")]
    [InlineData("http://127.0.0.1:5000\\@evil.example/signin-oidc")]
    [InlineData("//evil.example/signin-oidc")]
    [InlineData("/signin-oidc")]
    [InlineData("javascript:alert(1)")]
    public async Task Unregistered_redirect_URI_is_refused_on_the_page(string redirectUri)
    {
        var page = await RefusedAsync(("redirect_uri", redirectUri));

        Assert.Contains("AADSTS50011", page.Text);
    }

    [Theory]
    [InlineData("client_id", null, "AADSTS900144")]
    [InlineData("client_id", "nobody", "AADSTS700016")]
    [InlineData("client_id", "automation", "AADSTS50011")]
    [InlineData("redirect_uri", null, "AADSTS900144")]
    public async Task Unknown_application_is_refused_on_the_page(string name, string? value, string expected) =>
        Assert.Contains(expected, (await RefusedAsync((name, value))).Text);

    [Fact]
    public async Task Repeated_parameter_is_refused_on_the_page()
    {
        using var browser = new Browser();

        var page = await browser.OpenAsync($"{client.AuthorizeUrl()}&redirect_uri=http://evil.example");

        Assert.Equal((HttpStatusCode.BadRequest, true), (page.Status, page.Text.Contains("AADSTS9000411", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("99999999-0000-4000-8000-000000000000")]
    [InlineData("consumers")]
    public async Task Unknown_tenant_is_refused_on_the_page(string tenant)
    {
        using var browser = new Browser();

        var page = await browser.OpenAsync(client.AuthorizeUrl(tenant));

        Assert.Equal((HttpStatusCode.BadRequest, true), (page.Status, page.Text.Contains("AADSTS90002", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("response_type", null, "invalid_request", "AADSTS900144")]
    [InlineData("response_type", "token", "unsupported_response_type", "AADSTS700054")]
    [InlineData("response_type", "id_token", "unsupported_response_type", "AADSTS700054")]
    [InlineData("response_type", "code id_token", "unsupported_response_type", "AADSTS700054")]
    [InlineData("response_mode", "fragment", "invalid_request", "AADSTS90023")]
    [InlineData("scope", null, "invalid_request", "AADSTS900144")]
    [InlineData("scope", "openid Mail.Read", "invalid_scope", "AADSTS70011")]
    [InlineData("code_challenge", null, "invalid_request", "AADSTS9002325")]
    [InlineData("code_challenge_method", null, "invalid_request", "AADSTS9002325")]
    [InlineData("code_challenge_method", "plain", "invalid_request", "AADSTS9002325")]
    [InlineData("code_challenge", "short", "invalid_request", "AADSTS50147")]
    [InlineData("code_challenge", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa+", "invalid_request", "AADSTS50147")]
    [InlineData("prompt", "admin", "invalid_request", "AADSTS90023")]
    [InlineData("prompt", "none", "login_required", "AADSTS50058")]
    public async Task Invalid_request_is_reported_to_the_application(string name, string? value, string error, string code)
    {
        using var browser = new Browser { StopAt = "/signin-oidc" };

        var page = await browser.OpenAsync(client.AuthorizeUrl(changes: (name, value)));

        Assert.Equal("http://127.0.0.1:5000", page.Address.GetLeftPart(UriPartial.Authority));
        Assert.Equal((error, "the state"), (page.Query["error"], page.Query["state"]));
        Assert.StartsWith($"{code}: ", page.Query["error_description"]);
    }

    [Fact]
    public async Task Nonce_has_a_maximum_length()
    {
        using var browser = new Browser { StopAt = "/signin-oidc" };

        var page = await browser.OpenAsync(client.AuthorizeUrl(changes: ("nonce", new string('n', 1_001))));

        Assert.StartsWith("AADSTS90023: The parameter 'nonce' is longer than 1000 characters.", page.Query["error_description"]);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("none", null, false)]
    [InlineData("login", null, true)]
    [InlineData("select_account", null, true)]
    [InlineData(null, "ann@contoso.example", false)]
    [InlineData(null, "guy_fabrikam.example#EXT#@contoso.example", true)]
    public async Task Signed_in_person_is_asked_again_only_if_the_application_wants_it(string? prompt, string? hint, bool isAsked)
    {
        using var browser = await SignedInAsync("ann@contoso.example");

        var page = await browser.OpenAsync(client.AuthorizeUrl(changes: [("prompt", prompt), ("login_hint", hint)]));

        Assert.Equal(isAsked, page.Title == "Who are you?");
        Assert.Equal(!isAsked, page.Query.ContainsKey("code"));
    }

    [Fact]
    public async Task Person_signed_in_to_one_tenant_is_asked_again_for_another()
    {
        using var browser = await SignedInAsync("ann@contoso.example");

        Assert.Equal("Who are you?", (await browser.OpenAsync(client.AuthorizeUrl(Fabrikam))).Title);
        Assert.Equal("login_required", (await browser.OpenAsync(client.AuthorizeUrl(Fabrikam, ("prompt", "none")))).Query["error"]);
        Assert.True((await browser.OpenAsync(client.AuthorizeUrl("organizations"))).Query.ContainsKey("code"));
    }

    private async Task<Browser> SignedInAsync(string principalName)
    {
        var browser = new Browser { StopAt = "/signin-oidc" };
        await browser.ChooseAsync(await browser.OpenAsync(client.AuthorizeUrl()), principalName);
        return browser;
    }

    private async Task<BrowserPage> RefusedAsync(params (string Name, string? Value)[] changes)
    {
        using var browser = new Browser();
        var page = await browser.OpenAsync(client.AuthorizeUrl(changes: changes));

        Assert.Equal(entra.Url, page.Address.GetLeftPart(UriPartial.Authority));
        Assert.Equal((HttpStatusCode.BadRequest, "This sign-in is not possible"), (page.Status, page.Title));
        return page;
    }
}
