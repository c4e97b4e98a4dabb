using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace EngageCenter.LocalEntra.SignIn.Pages;

/// <summary>Renders the pages, with HTML encoding and with headers that allow nothing else to run.</summary>
internal sealed class HtmlPages(IServiceProvider services, ILoggerFactory loggers)
{
    public const string SendForm = "document.forms[0].submit()";

    public const string Style = """
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
        body { margin: 0 auto; max-width: 34rem; padding: 1.5rem; overflow-wrap: anywhere; }
        h1 { font-size: 1.75rem; line-height: 1.2; }
        h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
        ul { list-style: none; margin: 0; padding: 0; }
        li { margin: 0 0 .5rem; }
        label { display: block; }
        .row { display: flex; flex-wrap: wrap; gap: .5rem; }
        .row input { flex: 1 1 12rem; }
        button, input { font: inherit; min-height: 2.75rem; padding: .4rem .8rem; border: 1px solid GrayText; border-radius: .4rem; }
        button { cursor: pointer; }
        button:hover { border-color: LinkText; }
        :focus-visible { outline: 3px solid LinkText; outline-offset: 2px; }
        .person { display: block; width: 100%; text-align: start; }
        .person span { display: block; }
        .name { font-weight: 600; }
        .note, footer { font-size: .9rem; }
        .wrong { margin: .25rem 0; font-weight: 600; }
        footer { margin-top: 2rem; }
        """;

    private static readonly string styleSource = HashSource(Style);
    private static readonly string scriptSource = HashSource(SendForm);

    public Task<IResult> CodeAsync(HttpResponse response, CodeModel model) =>
        RenderAsync<CodePage>(response, model, StatusCodes.Status200OK);

    public Task<IResult> PeopleAsync(HttpResponse response, PeopleModel model, string? redirectUri = null) =>
        RenderAsync<PeoplePage>(response, model, StatusCodes.Status200OK, redirectUri);

    public Task<IResult> PasswordAsync(HttpResponse response, PasswordModel model, string? redirectUri = null) =>
        RenderAsync<PasswordPage>(response, model, StatusCodes.Status200OK, redirectUri);

    public Task<IResult> PostAsync(HttpResponse response, PostModel model) =>
        RenderAsync<PostPage>(response, model, StatusCodes.Status200OK, model.Action, scriptSource);

    public Task<IResult> MessageAsync(HttpResponse response, MessageModel model, int status) =>
        RenderAsync<MessagePage>(response, model, status);

    /// <param name="redirectUri">
    /// Where the response to a form may redirect. Browsers check it as a target of the form.
    /// </param>
    private async Task<IResult> RenderAsync<TPage>(HttpResponse response, object model, int status, string? redirectUri = null, string script = "'none'")
        where TPage : IComponent
    {
        var formTargets = redirectUri is null ? "'self'" : $"'self' {new Uri(redirectUri).GetLeftPart(UriPartial.Authority)}";
        response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src {styleSource}; script-src {script}; form-action {formTargets}; base-uri 'none'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";

        // The address contains what the application sent, so other sites must not see it. 'same-origin' still lets this host
        // check that a form is its own.
        response.Headers["Referrer-Policy"] = "same-origin";

        await using var renderer = new HtmlRenderer(services, loggers);
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var page = await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(new Dictionary<string, object?> { ["Model"] = model }));
            return page.ToHtmlString();
        });
        return Results.Content(html, "text/html; charset=utf-8", statusCode: status);
    }

    private static string HashSource(string content) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'";
}
