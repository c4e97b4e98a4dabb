using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.SignIn;

/// <summary>Tests what a person sees and does on the sign-in page, without scripts.</summary>
public sealed class SignInPageTests(SharedEntra shared) : IClassFixture<SharedEntra>
{
    private readonly RunningEntra entra = shared.Running;
    private readonly SignInClient client = new(shared.Running);

    [Theory]
    [InlineData(Contoso, "Contoso", "ann@contoso.example", "bob@contoso.example", "guy_fabrikam.example#EXT#@contoso.example", "twin@contoso.example")]
    [InlineData(Fabrikam, "Fabrikam", "eve@fabrikam.example", "twin@fabrikam.example")]
    [InlineData("common", "Contoso Fabrikam", "ann@contoso.example", "bob@contoso.example", "guy_fabrikam.example#EXT#@contoso.example", "twin@contoso.example", "eve@fabrikam.example", "twin@fabrikam.example")]
    public async Task Page_lists_the_people_of_the_directory(string tenant, string directories, params string[] people)
    {
        using var browser = new Browser();
        var page = await browser.OpenAsync(client.AuthorizeUrl(tenant));

        Assert.Equal(people, page.People);
        Assert.Equal(directories, string.Join(' ', page.Document.QuerySelectorAll("h2").Select(heading => heading.TextContent)));
        Assert.Equal(HttpStatusCode.OK, page.Status);
    }

    [Fact]
    public async Task Page_loads_nothing_runs_nothing_and_cannot_be_framed()
    {
        using var browser = new Browser();
        var page = await browser.OpenAsync(client.AuthorizeUrl());
        var policy = page.Headers["Content-Security-Policy"];

        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy);
        Assert.Contains("; script-src 'none'; form-action 'self' http://127.0.0.1:5000; base-uri 'none'; frame-ancestors 'none'", policy);
        Assert.Equal(("nosniff", "no-store", "same-origin"), (page.Headers["X-Content-Type-Options"], page.Headers["Cache-Control"], page.Headers["Referrer-Policy"]));
        Assert.Empty(page.Document.QuerySelectorAll("script, link, img, iframe, [style], [onclick]"));
        Assert.Contains(Hash(page.Document.QuerySelector("style")!.TextContent), policy);
    }

    [Fact]
    public async Task Page_works_with_a_screen_reader()
    {
        using var browser = new Browser();
        var page = await browser.OpenAsync(client.AuthorizeUrl("common", ("login_hint", "bob@contoso.example")));

        Assert.Equal("en", page.Document.DocumentElement.GetAttribute("lang"));
        Assert.StartsWith("Who are you?", page.Document.Title);
        Assert.Single(page.Document.QuerySelectorAll("main h1"));
        Assert.All(page.Document.QuerySelectorAll("button"), button => Assert.NotEmpty(button.TextContent.Trim()));
        Assert.All(page.Document.QuerySelectorAll("input:not([type=hidden])"), input => Assert.Single(page.Document.QuerySelectorAll($"label[for={input.Id}]")));
    }

    [Fact]
    public async Task Names_from_others_are_shown_as_text()
    {
        const string markup = "\"><script>alert(1)</script>";
        await using var hostile = await RunningEntra.StartAsync(new
        {
            tenants = new[] { new { tenantId = Contoso, displayName = markup, users = Enumerable.Range(0, 12).Select(i => new { id = Guid.NewGuid(), displayName = markup, userPrincipalName = $"{i}{markup}", mail = markup }) } },
            applications = new[] { new { clientId = Web, displayName = markup, clientSecret = WebSecret, redirectUris = new[] { "http://127.0.0.1/signin-oidc" } } },
        });
        using var browser = new Browser();
        var hostileClient = new SignInClient(hostile);

        var page = await browser.OpenAsync($"{hostileClient.AuthorizeUrl(changes: [("state", markup), ("nonce", markup)])}&search={Uri.EscapeDataString(markup)}");

        Assert.Empty(page.Document.QuerySelectorAll("script"));
        Assert.Equal(12, page.People.Count);
        Assert.Equal(markup, page.Document.QuerySelector("h2")!.TextContent);
        Assert.All(page.Document.QuerySelectorAll("input[name=state]").OfType<IHtmlInputElement>(), input => Assert.Equal(markup, input.Value));
        Assert.Equal(markup, page.Document.QuerySelector<IHtmlInputElement>("#search")!.Value);

        page = await browser.OpenAsync(hostileClient.AuthorizeUrl(changes: ("client_id", markup)));
        Assert.Empty(page.Document.QuerySelectorAll("script"));
        Assert.Contains(markup, page.Document.Body!.TextContent);
    }

    [Fact]
    public async Task People_are_found_by_name_and_the_list_is_bounded()
    {
        await using var large = await RunningEntra.StartAsync(new
        {
            tenants = new[] { new { tenantId = Contoso, displayName = "Contoso", users = Enumerable.Range(0, 250).Select(i => new { id = Guid.NewGuid(), displayName = $"Person {i:d3}", userPrincipalName = $"p{i}@contoso.example" }) } },
            applications = new[] { new { clientId = Web, clientSecret = WebSecret, redirectUris = new[] { "http://127.0.0.1/signin-oidc" } } },
        });
        using var browser = new Browser { StopAt = "/signin-oidc" };
        var page = await browser.OpenAsync(new SignInClient(large).AuthorizeUrl());
        Assert.Equal(100, page.People.Count);
        Assert.Contains("150 more are not shown", page.Document.Body!.TextContent);

        var search = page.Document.QuerySelector<IHtmlFormElement>("form[role=search]")!;
        page.Document.QuerySelector<IHtmlInputElement>("#search")!.Value = "person 24";
        page = await browser.SubmitAsync(page, search);
        Assert.Equal(10, page.People.Count);

        page = await browser.ChooseAsync(page, "p249@contoso.example");
        Assert.Equal("the state", page.Query["state"]);
        Assert.True(page.Query.ContainsKey("code"));
    }

    [Fact]
    public async Task Login_hint_lists_one_person_and_a_way_to_choose_another()
    {
        using var browser = new Browser();
        var page = await browser.OpenAsync(client.AuthorizeUrl(changes: ("login_hint", "ANN@contoso.example")));
        Assert.Equal(["ann@contoso.example"], page.People);

        page = await browser.SubmitAsync(page, page.Document.QuerySelectorAll<IHtmlFormElement>("form").Single(form => form.TextContent.Contains("Somebody else", StringComparison.Ordinal)));
        Assert.Equal(4, page.People.Count);
    }

    [Fact]
    public async Task Page_asks_for_a_password_of_the_directory()
    {
        using var browser = new Browser { StopAt = "/signin-oidc" };
        var page = await browser.ChooseAsync(await browser.OpenAsync(client.AuthorizeUrl()), "bob@contoso.example");
        Assert.Equal("Your password", page.Title);

        page = await EnterAsync(browser, page, "wrong");
        Assert.Equal(("Your password", "The password is wrong."), (page.Title, page.Document.QuerySelector("[role=alert]")!.TextContent));
        Assert.DoesNotContain("value=\"wrong\"", page.Text);

        page = await EnterAsync(browser, page, "correct horse");
        Assert.True(page.Query.ContainsKey("code"));
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    public async Task Another_site_cannot_sign_a_browser_in(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, client.AuthorizeUrl().Split('?')[0])
        {
            Content = RunningEntra.Form([.. Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(client.AuthorizeUrl()).Query).Select(p => (p.Key, p.Value.ToString())), ("user", $"{Contoso}/{Ann}")]),
        };
        request.Headers.Add(header, value);

        using var response = await entra.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Link_cannot_sign_a_browser_in()
    {
        using var browser = new Browser();

        var page = await browser.OpenAsync($"{client.AuthorizeUrl()}&user={Contoso}/{Ann}");

        Assert.Equal("Who are you?", page.Title);
        Assert.Equal(0, browser.Cookies.Count);
    }

    [Theory]
    [InlineData($"{Fabrikam}/{Eve}")]
    [InlineData($"{Contoso}/{Eve}")]
    [InlineData("nobody")]
    public async Task Person_outside_the_tenant_cannot_be_chosen(string user)
    {
        using var response = await entra.Client.PostAsync(
            client.AuthorizeUrl().Split('?')[0],
            RunningEntra.Form([.. Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(client.AuthorizeUrl()).Query).Select(p => (p.Key, p.Value.ToString())), ("user", user)]));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Who are you?", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Response_can_be_sent_as_a_form()
    {
        using var browser = new Browser();
        var page = await browser.ChooseAsync(await browser.OpenAsync(client.AuthorizeUrl(changes: ("response_mode", "form_post"))), "ann@contoso.example");

        var form = page.Document.Forms.Single();
        Assert.Equal(("post", SignInClient.Redirect), (form.Method, form.Action));
        Assert.Equal("the state", page.Document.QuerySelector<IHtmlInputElement>("input[name=state]")!.Value);
        Assert.NotEmpty(page.Document.QuerySelector<IHtmlInputElement>("input[name=code]")!.Value);
        Assert.Contains(Hash(page.Document.Scripts.Single().TextContent), page.Headers["Content-Security-Policy"]);
    }

    private static Task<BrowserPage> EnterAsync(Browser browser, BrowserPage page, string password)
    {
        var input = page.Document.QuerySelector<IHtmlInputElement>("#password")!;
        input.Value = password;
        return browser.SubmitAsync(page, (IHtmlFormElement)input.Form!);
    }

    private static string Hash(string content) =>
        $"'sha256-{Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content)))}'";
}
