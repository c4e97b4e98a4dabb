using EngageCenter.LocalEntra.SignIn.Pages;
using EngageCenter.LocalEntra.Tenants;
using EngageCenter.LocalEntra.Tokens;

namespace EngageCenter.LocalEntra.SignIn;

/// <summary>
/// Sign-in for a program that has no browser (RFC 8628): the program shows a short code, and a person types it into a page of a
/// browser anywhere on this machine and says who they are. Meanwhile the program asks the token endpoint.
/// </summary>
internal static class DeviceEndpoints
{
    /// <summary>Seconds between two questions of the program.</summary>
    private const int Interval = 1;

    private const string CodeField = "otc";

    public static void MapDeviceSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/{tenant}/oauth2/v2.0/devicecode", Begin);
        routes.MapGet("/{tenant}/oauth2/deviceauth", (string tenant, [AsParameters] Call call) =>
            AskAsync(tenant, call, call.Http.Request.Query[CodeField], user: null, password: null));
        routes.MapPost("/{tenant}/oauth2/deviceauth", Answer);
    }

    private static async Task<IResult> Begin(string tenant, [AsParameters] Call call)
    {
        call.Http.Response.Headers.CacheControl = "no-store";
        var (request, unreadable) = await TokenRequest.ReadAsync(call.Http.Request);
        var (device, refusal) = request is null ? (null, unreadable) : Read(tenant, request, call);
        if (device is null)
        {
            return TokenErrorAnswer.ToResult(refusal!, call.Http.Request, call.Time.GetUtcNow());
        }

        var (deviceCode, userCode) = (call.SignIns.DeviceCodes.Issue(device), call.SignIns.UserCodes.Issue(device));
        var page = $"{call.Address.Value}/{tenant}/oauth2/deviceauth";
        return Results.Json(new Dictionary<string, object>
        {
            ["user_code"] = userCode,
            ["device_code"] = deviceCode,
            ["verification_uri"] = page,
            ["verification_uri_complete"] = $"{page}?{CodeField}={userCode}",
            ["expires_in"] = (int)call.SignIns.DeviceCodes.Lifetime.TotalSeconds,
            ["interval"] = Interval,
            ["message"] = $"To sign in, use a web browser to open the page {page} and enter the code {userCode} to authenticate.",
        });
    }

    private static (DeviceRequest? Device, TokenRefusal? Refusal) Read(string tenantId, TokenRequest request, Call call)
    {
        if (!call.Directory.TryGetTenant(tenantId, out var tenant) && !EntraDirectory.IsAnyTenant(tenantId))
        {
            return (null, TokenRefusal.UnknownTenant(tenantId));
        }

        if (request.ClientId is not { } clientId)
        {
            return (null, TokenRefusal.Missing("client_id"));
        }

        if (!call.Directory.TryGetApplication(clientId, out var application))
        {
            return (null, TokenRefusal.UnknownApplication(clientId, tenant?.Id));
        }

        // A public client, as Entra wants it: a program on somebody's machine can keep no secret.
        if (application.ClientSecret is not null || application.RedirectUris.Count == 0)
        {
            return (null, TokenRefusal.SecretRequired());
        }

        if (request.Scopes.Count == 0)
        {
            return (null, TokenRefusal.Missing("scope"));
        }

        return call.Scopes.Unknown(request.Scopes) is { } unknown
            ? (null, TokenRefusal.InvalidScope(unknown))
            : (new DeviceRequest(tenant, application, request.Scopes), null);
    }

    private static async Task<IResult> Answer(string tenant, [AsParameters] Call call)
    {
        var (form, malformed) = await TokenRequest.ReadFormAsync(call.Http.Request);
        if (form is null)
        {
            return await RefuseAsync(call, malformed!);
        }

        return SignInEndpoints.IsOwnForm(call.Http.Request, call.Address)
            ? await AskAsync(tenant, call, form[CodeField], form["user"], form.TryGetValue("password", out var password) ? password.ToString() : null)
            : await RefuseAsync(call, TokenRefusal.ForeignForm());
    }

    private static async Task<IResult> AskAsync(string tenantId, Call call, string? code, string? user, string? password)
    {
        if (!call.Directory.TryGetTenant(tenantId, out var tenant) && !EntraDirectory.IsAnyTenant(tenantId))
        {
            return await RefuseAsync(call, TokenRefusal.UnknownTenant(tenantId));
        }

        var action = $"/{tenantId}/oauth2/deviceauth";
        var typed = code?.Trim().Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() ?? "";
        if (typed.Length == 0 || call.SignIns.UserCodes.Find(typed) is not { IsAnswered: false } device)
        {
            return await call.Pages.CodeAsync(call.Http.Response, new CodeModel(action, CodeField, IsWrong: typed.Length > 0));
        }

        tenant ??= device.Tenant;
        if (user is null || call.People.Find(tenant, user) is not { User.AccountEnabled: true } chosen)
        {
            return await call.Pages.PeopleAsync(call.Http.Response, call.People.List(tenant, device.Application.DisplayName, [KeyValuePair.Create(CodeField, typed)], action, SignInEndpoints.SearchOf(call.Http.Request)));
        }

        if (!chosen.User.Accepts(password))
        {
            return await call.Pages.PasswordAsync(
                call.Http.Response,
                new PasswordModel(action, [KeyValuePair.Create(CodeField, typed)], user, chosen.User.DisplayName, chosen.User.UserPrincipalName, IsWrong: password is not null));
        }

        device.Answer(new Grant(chosen.Tenant, chosen.User.Id, Guid.NewGuid(), device.Application.ClientId, device.Scopes));
        return await call.Pages.MessageAsync(
            call.Http.Response, new MessageModel("You are signed in", $"{device.Application.DisplayName} goes on as {chosen.User.DisplayName}. You can close this page."), StatusCodes.Status200OK);
    }

    private static Task<IResult> RefuseAsync(Call call, TokenRefusal refusal) => call.Pages.MessageAsync(
        call.Http.Response,
        new MessageModel("This sign-in is not possible", TokenErrorAnswer.Of(refusal, call.Http.Request, call.Time.GetUtcNow()).Description),
        refusal.Status);

    /// <summary>What every call has at hand.</summary>
    private sealed record Call(
        HttpContext Http, EntraDirectory Directory, SignIns SignIns, People People, ApiScopes Scopes, HtmlPages Pages, BaseAddress Address, TimeProvider Time);
}
