using EngageCenter.LocalEntra.SignIn.Pages;
using EngageCenter.LocalEntra.Tenants;
using EngageCenter.LocalEntra.Tokens;
using Microsoft.AspNetCore.WebUtilities;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>
/// Maps the pages of a browser: the sign-in page for OpenID Connect's authorization code flow with PKCE, and sign-out.
/// </summary>
internal static class SignInEndpoints
{
    /// <summary>The cookie that contains the ticket of the browser's session.</summary>
    public const string Cookie = "local-entra-session";

    /// <summary>The maximum length of a search text, in characters; no name is longer.</summary>
    private const int MaxSearch = DirectoryReader.MaxText;

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/{tenant}/oauth2/v2.0/authorize", Ask);
        routes.MapPost("/{tenant}/oauth2/v2.0/authorize", Answer);
        routes.MapGet("/{tenant}/oauth2/v2.0/logout", SignOut);
    }

    /// <summary>Which people are looked for on the page; null for all.</summary>
    public static string? SearchOf(HttpRequest request) => (string?)request.Query["search"] is { Length: > 0 and <= MaxSearch } search ? search : null;

    private static Task<IResult> Ask(string tenant, [AsParameters] Call call) =>
        AuthorizeAsync(tenant, call, call.Http.Request.Query, user: null, password: null, SearchOf(call.Http.Request));

    private static async Task<IResult> Answer(string tenant, [AsParameters] Call call)
    {
        var (form, malformed) = await TokenRequest.ReadFormAsync(call.Http.Request);
        if (form is null)
        {
            return await call.RefuseAsync(malformed!);
        }

        string? user = form["user"];
        return user is not null && !IsOwnForm(call.Http.Request, call.Address)
            ? await call.RefuseAsync(TokenRefusal.ForeignForm())
            : await AuthorizeAsync(tenant, call, form, user, form.TryGetValue("password", out var password) ? password.ToString() : null, search: null);
    }

    private static async Task<IResult> AuthorizeAsync(
        string tenantId,
        Call call,
        IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> parameters,
        string? user,
        string? password,
        string? search)
    {
        if (!call.Directory.TryGetTenant(tenantId, out var tenant) && !EntraDirectory.IsAnyTenant(tenantId))
        {
            return await call.RefuseAsync(TokenRefusal.UnknownTenant(tenantId));
        }

        var (request, refusal) = AuthorizeRequest.Read(parameters, call.Directory, call.Scopes);
        if (request is null)
        {
            return await call.RefuseAsync(refusal!);
        }

        if (refusal is not null)
        {
            return await call.RefuseAsync(request, refusal);
        }

        var action = $"/{tenantId}/oauth2/v2.0/authorize";
        if (user is not null && call.People.Find(tenant, user) is { User.AccountEnabled: true } chosen)
        {
            return chosen.User.Accepts(password)
                ? await call.GrantAsync(request, call.StartSession(chosen.Tenant, chosen.User))
                : await call.Pages.PasswordAsync(
                    call.Http.Response,
                    new PasswordModel(action, request.Parameters, user, chosen.User.DisplayName, chosen.User.UserPrincipalName, IsWrong: password is not null),
                    request.RedirectUri);
        }

        if (search is null && request.Prompt is null or "none" or "consent" && call.CurrentSession() is { } session && IsWanted(session, tenant, request))
        {
            return await call.GrantAsync(request, session);
        }

        return request.Prompt == "none"
            ? await call.RefuseAsync(request, TokenRefusal.LoginRequired())
            : await call.Pages.PeopleAsync(call.Http.Response, call.People.List(tenant, request, action, search), request.RedirectUri);
    }

    private static bool IsWanted(Session session, Tenant? tenant, AuthorizeRequest request) =>
        (tenant is null || tenant == session.Tenant)
        && session.Tenant.TryGetUser(session.UserId, out var user)
        && user.AccountEnabled
        && (request.LoginHint is null || string.Equals(request.LoginHint, user.UserPrincipalName, StringComparison.OrdinalIgnoreCase));

    private static async Task<IResult> SignOut(string tenant, [AsParameters] Call call)
    {
        if (!call.Directory.TryGetTenant(tenant, out _) && !EntraDirectory.IsAnyTenant(tenant))
        {
            return await call.RefuseAsync(TokenRefusal.UnknownTenant(tenant));
        }

        call.EndSession();
        var query = call.Http.Request.Query;
        string? redirectUri = query["post_logout_redirect_uri"];
        if (redirectUri is not null && call.Directory.IsRedirectUri(redirectUri))
        {
            return Results.Redirect(query["state"] is [{ } state] ? QueryHelpers.AddQueryString(redirectUri, "state", state) : redirectUri);
        }

        return await call.Pages.MessageAsync(call.Http.Response, new MessageModel("You are signed out", "You can close this page."), StatusCodes.Status200OK);
    }

    // Otherwise a page of another site could sign the browser in as any person. Browsers send these two headers; programs
    // need not.
    public static bool IsOwnForm(HttpRequest request, BaseAddress address)
    {
        string? site = request.Headers["Sec-Fetch-Site"];
        string? origin = request.Headers.Origin;
        return site is null or "same-origin" && (origin is null || origin == $"{request.Scheme}://{request.Host}" || origin == address.Value);
    }

    /// <summary>The services that every call uses.</summary>
    private sealed record Call(
        HttpContext Http, EntraDirectory Directory, SignIns SignIns, People People, ApiScopes Scopes, HtmlPages Pages, BaseAddress Address, TimeProvider Time)
    {
        public Session? CurrentSession() => Http.Request.Cookies[Cookie] is { } ticket ? SignIns.Sessions.Find(ticket) : null;

        public Session StartSession(Tenant tenant, User user)
        {
            EndSession();
            var session = new Session(Guid.NewGuid(), tenant, user.Id);

            // Not 'Secure', because the pages are on http://localhost. The cookie ends with the browser.
            Http.Response.Cookies.Append(
                Cookie, SignIns.Sessions.Issue(session), new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, IsEssential = true });
            return session;
        }

        public void EndSession()
        {
            if (Http.Request.Cookies[Cookie] is { } ticket)
            {
                SignIns.Sessions.Remove(ticket);
                Http.Response.Cookies.Delete(Cookie);
            }
        }

        public Task<IResult> GrantAsync(AuthorizeRequest request, Session session)
        {
            var grant = new Grant(session.Tenant, session.UserId, session.Id, request.Application.ClientId, request.Scopes);
            var code = SignIns.Codes.Issue(new AuthorizationCode(grant, request.RedirectUri, request.Challenge, request.Nonce));

            var answer = new Dictionary<string, string?> { ["code"] = code, ["session_state"] = session.Id.ToString() };
            if (request.WantsClientInfo)
            {
                answer["client_info"] = Redemptions.ClientInfo(session.Tenant, session.UserId);
            }

            return SendAsync(request, answer);
        }

        /// <summary>Returns the refusal to the application.</summary>
        public Task<IResult> RefuseAsync(AuthorizeRequest request, TokenRefusal refusal) => SendAsync(request, new()
        {
            ["error"] = refusal.Error,
            ["error_description"] = TokenErrorAnswer.Of(refusal, Http.Request, Time.GetUtcNow()).Description,
        });

        /// <summary>Shows the refusal to the person, because the application is unknown.</summary>
        public Task<IResult> RefuseAsync(TokenRefusal refusal) => Pages.MessageAsync(
            Http.Response,
            new MessageModel("This sign-in is not possible", TokenErrorAnswer.Of(refusal, Http.Request, Time.GetUtcNow()).Description),
            refusal.Status);

        private async Task<IResult> SendAsync(AuthorizeRequest request, Dictionary<string, string?> answer)
        {
            answer["state"] = request.State;
            Http.Response.Headers.CacheControl = "no-store";
            return request.ByFormPost
                ? await Pages.PostAsync(Http.Response, new PostModel(request.RedirectUri, [.. answer.Where(a => a.Value is not null).Select(a => KeyValuePair.Create(a.Key, a.Value!))]))
                : Results.Redirect(QueryHelpers.AddQueryString(request.RedirectUri, answer));
        }
    }
}
