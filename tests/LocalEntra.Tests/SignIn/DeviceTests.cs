using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using static EngageCenter.LocalEntra.Tests.SignIn.SignInClient;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.SignIn;

/// <summary>Sign-in for a program without a browser, as RFC 8628 says it.</summary>
public sealed class DeviceTests : OwnEntraTest
{
    private const string Rfc = "urn:ietf:params:oauth:grant-type:device_code";

    [Theory]
    [InlineData(Contoso, Rfc)]
    [InlineData("organizations", Rfc)]
    [InlineData("common", "device_code")]
    public async Task Person_who_types_the_code_signs_the_program_in(string tenant, string grantType)
    {
        var begun = await BeginAsync(tenant);
        Assert.Equal((900, 1), (begun.GetProperty("expires_in").GetInt32(), begun.GetProperty("interval").GetInt32()));
        Assert.Matches("^[BCDFGHJKLMNPQRSTVWXZ]{8}$", Text(begun, "user_code"));
        Assert.Contains(Text(begun, "user_code"), Text(begun, "message"));
        Assert.Equal((400, "authorization_pending"), await ErrorAsync(tenant, begun, grantType));

        using var browser = new Browser();
        var page = await browser.OpenAsync(Text(begun, "verification_uri"));
        Assert.Equal("Enter the code", page.Title);
        page = await TypeAsync(browser, page, Text(begun, "user_code")[..4].ToLowerInvariant() + "-" + Text(begun, "user_code")[4..]);
        Assert.Equal("Who are you?", page.Title);
        Assert.Equal((400, "authorization_pending"), await ErrorAsync(tenant, begun, grantType));
        Assert.Equal("You are signed in", (await browser.ChooseAsync(page, "ann@contoso.example")).Title);

        var (status, answer) = await AskAsync(tenant, begun, grantType);
        Assert.True(status == 200, $"{answer}");
        var access = RunningEntra.Payload(Text(answer, "access_token"));
        Assert.Equal((Ann, Contoso, Native, "0"), (Text(access, "oid"), Text(access, "tid"), Text(access, "azp"), Text(access, "azpacr")));
        Assert.Equal(Ann, Text(RunningEntra.Payload(Text(answer, "id_token")), "oid"));
        using var refreshed = await entra.AskTokenAsync(tenant, ("grant_type", "refresh_token"), ("client_id", Native), ("refresh_token", Text(answer, "refresh_token")));
        Assert.Equal(HttpStatusCode.OK, refreshed.StatusCode);
    }

    [Fact]
    public async Task A_code_is_good_once_on_both_sides()
    {
        var begun = await BeginAsync(Contoso);
        using var browser = new Browser();
        await browser.ChooseAsync(await browser.OpenAsync(Text(begun, "verification_uri_complete")), "ann@contoso.example");

        var again = await browser.OpenAsync(Text(begun, "verification_uri_complete"));
        Assert.Equal("Enter the code", again.Title);
        Assert.Contains("was used", again.Text);
        Assert.Equal(200, (await AskAsync(Contoso, begun, Rfc)).Status);
        Assert.Equal((400, "expired_token"), await ErrorAsync(Contoso, begun, Rfc));
    }

    [Fact]
    public async Task A_code_ends_after_a_quarter_of_an_hour()
    {
        var begun = await BeginAsync(Contoso);
        time.Advance(TimeSpan.FromMinutes(15));

        using var browser = new Browser();
        Assert.Equal("Enter the code", (await browser.OpenAsync(Text(begun, "verification_uri_complete"))).Title);
        Assert.Equal((400, "expired_token"), await ErrorAsync(Contoso, begun, Rfc));
    }

    [Fact]
    public async Task A_person_with_a_password_gives_it()
    {
        var begun = await BeginAsync(Contoso);
        using var browser = new Browser();
        var page = await browser.ChooseAsync(await browser.OpenAsync(Text(begun, "verification_uri_complete")), "bob@contoso.example");
        Assert.Equal("Your password", page.Title);
        page = await PasswordAsync(browser, page, "wrong");
        Assert.Equal((400, "authorization_pending"), await ErrorAsync(Contoso, begun, Rfc));
        page = await PasswordAsync(browser, page, "correct horse");

        Assert.Equal("You are signed in", page.Title);
        Assert.Equal(Bob, Text(RunningEntra.Payload(Text((await AskAsync(Contoso, begun, Rfc)).Answer, "access_token")), "oid"));
    }

    [Fact]
    public async Task A_code_of_one_tenant_lists_and_takes_nobody_of_another()
    {
        var begun = await BeginAsync(Fabrikam);
        using var browser = new Browser();
        var page = await browser.OpenAsync(Text(begun, "verification_uri_complete"));
        Assert.Equal(["eve@fabrikam.example", "twin@fabrikam.example"], page.People);

        // Also where the address of the page says another tenant.
        using var http = new HttpClient();
        using var form = RunningEntra.Form(("otc", Text(begun, "user_code")), ("user", $"{Contoso}/{Ann}"));
        using var response = await http.PostAsync(new Uri($"{entra.Url}/common/oauth2/deviceauth"), form);
        Assert.Contains("Who are you?", await response.Content.ReadAsStringAsync());
        Assert.Equal((400, "authorization_pending"), await ErrorAsync(Fabrikam, begun, Rfc));
    }

    [Fact]
    public async Task A_form_of_another_site_signs_nobody_in()
    {
        var begun = await BeginAsync(Contoso);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, Text(begun, "verification_uri"))
        {
            Content = RunningEntra.Form(("otc", Text(begun, "user_code")), ("user", $"{Contoso}/{Ann}")),
            Headers = { { "Sec-Fetch-Site", "cross-site" }, { "Origin", "https://evil.example" } },
        };
        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal((400, "authorization_pending"), await ErrorAsync(Contoso, begun, Rfc));
    }

    [Theory]
    [InlineData(Web, "openid", "invalid_client")]
    [InlineData("unknown", "openid", "unauthorized_client")]
    [InlineData(Native, "User.Read", "invalid_scope")]
    [InlineData(Native, "", "invalid_request")]
    [InlineData("", "openid", "invalid_request")]
    public async Task A_sign_in_that_cannot_be_is_refused_at_its_beginning(string client, string scope, string error)
    {
        using var form = RunningEntra.Form(("client_id", client), ("scope", scope));
        using var response = await entra.Client.PostAsync($"/{Contoso}/oauth2/v2.0/devicecode", form);

        Assert.Equal(error, Text(await response.Content.ReadFromJsonAsync<JsonElement>(), "error"));
    }

    [Fact]
    public async Task A_code_is_for_the_program_that_asked_for_it()
    {
        var begun = await BeginAsync(Contoso);
        using var other = await entra.AskTokenAsync(Contoso, ("grant_type", Rfc), ("client_id", Web), ("client_secret", WebSecret), ("device_code", Text(begun, "device_code")));
        Assert.Equal("invalid_grant", Text(await other.Content.ReadFromJsonAsync<JsonElement>(), "error"));
        using var none = await entra.AskTokenAsync(Contoso, ("grant_type", Rfc), ("client_id", Native));
        Assert.Equal("invalid_request", Text(await none.Content.ReadFromJsonAsync<JsonElement>(), "error"));
        using var unknown = await entra.AskTokenAsync(Contoso, ("grant_type", Rfc), ("client_id", Native), ("device_code", "unknown"));
        Assert.Equal("expired_token", Text(await unknown.Content.ReadFromJsonAsync<JsonElement>(), "error"));
    }

    private async Task<JsonElement> BeginAsync(string tenant)
    {
        using var form = RunningEntra.Form(("client_id", Native), ("scope", Scope));
        using var response = await entra.Client.PostAsync($"/{tenant}/oauth2/v2.0/devicecode", form);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, $"{answer}");
        return answer;
    }

    private async Task<(int Status, JsonElement Answer)> AskAsync(string tenant, JsonElement begun, string grantType)
    {
        using var response = await entra.AskTokenAsync(tenant, ("grant_type", grantType), ("client_id", Native), ("device_code", Text(begun, "device_code")));
        return ((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<(int Status, string Error)> ErrorAsync(string tenant, JsonElement begun, string grantType)
    {
        var (status, answer) = await AskAsync(tenant, begun, grantType);
        return (status, Text(answer, "error"));
    }

    private static Task<BrowserPage> TypeAsync(Browser browser, BrowserPage page, string code)
    {
        page.Document.QuerySelector<IHtmlInputElement>("#code")!.Value = code;
        return browser.SubmitAsync(page, page.Document.QuerySelector<IHtmlFormElement>("form")!);
    }

    private static Task<BrowserPage> PasswordAsync(Browser browser, BrowserPage page, string password)
    {
        page.Document.QuerySelector<IHtmlInputElement>("#password")!.Value = password;
        return browser.SubmitAsync(page, page.Document.QuerySelector<IHtmlFormElement>("form")!);
    }
}
