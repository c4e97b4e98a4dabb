using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace EngageCenter.LocalEntra.Tests.SignIn;

/// <summary>A browser without scripts: it keeps cookies, follows redirects, reads pages and submits their forms.</summary>
internal sealed class Browser : IDisposable
{
    private const int MaxRedirects = 10;
    private readonly HttpClient client;

    public CookieContainer Cookies { get; } = new();

    /// <summary>A redirect to a path with this ending is not followed, because nothing listens there.</summary>
    public string? StopAt { get; init; }

    /// <param name="handler">How it connects, if not by default.</param>
    public Browser(SocketsHttpHandler? handler = null)
    {
        handler ??= new SocketsHttpHandler();
        handler.AllowAutoRedirect = false;
        handler.CookieContainer = Cookies;
        client = new HttpClient(handler);
    }

    public Task<BrowserPage> OpenAsync(string url) => FollowAsync(new HttpRequestMessage(HttpMethod.Get, url));

    /// <summary>Submits the form as it is filled in, with the button if one is given.</summary>
    public Task<BrowserPage> SubmitAsync(BrowserPage page, IHtmlFormElement form, IElement? button = null)
    {
        var fields = form.QuerySelectorAll("input[name]").OfType<IHtmlInputElement>().Select(input => KeyValuePair.Create(input.Name!, input.Value)).ToList();
        if (button?.GetAttribute("name") is { } name)
        {
            fields.Add(KeyValuePair.Create(name, button.GetAttribute("value") ?? ""));
        }

        var action = new Uri(page.Address, form.GetAttribute("action"));

        // The fields are in memory, so the read has already completed.
        var request = form.Method == "post"
            ? new HttpRequestMessage(HttpMethod.Post, action) { Content = new FormUrlEncodedContent(fields) }
            : new HttpRequestMessage(HttpMethod.Get, new UriBuilder(action) { Query = new FormUrlEncodedContent(fields).ReadAsStringAsync().GetAwaiter().GetResult() }.Uri);

        // Like real browsers.
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", page.Address.GetLeftPart(UriPartial.Authority) == action.GetLeftPart(UriPartial.Authority) ? "same-origin" : "same-site");
        if (request.Method == HttpMethod.Post)
        {
            request.Headers.TryAddWithoutValidation("Origin", page.Address.GetLeftPart(UriPartial.Authority));
        }

        return FollowAsync(request);
    }

    /// <summary>Clicks the button of a person on the sign-in page.</summary>
    public Task<BrowserPage> ChooseAsync(BrowserPage page, string principalName)
    {
        var button = page.Document.QuerySelectorAll("button[name=user]").SingleOrDefault(button => button.Children.Any(span => span.TextContent == principalName));
        Assert.True(button is not null, $"{principalName} is not on the page {page.Address}: {page.Document.Body!.TextContent}");
        return SubmitAsync(page, (IHtmlFormElement)button.Closest("form")!, button);
    }

    public void Dispose() => client.Dispose();

    private async Task<BrowserPage> FollowAsync(HttpRequestMessage request)
    {
        for (var i = 0; i < MaxRedirects; i++)
        {
            using var response = await client.SendAsync(request);
            var address = request.RequestUri!;
            if (response.Headers.Location is not { } location)
            {
                var text = await response.Content.ReadAsStringAsync();
                return new BrowserPage(address, response.StatusCode, new HtmlParser().ParseDocument(text), text, Headers(response));
            }

            request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, location));
            if (StopAt is not null && request.RequestUri!.AbsolutePath.EndsWith(StopAt, StringComparison.Ordinal))
            {
                return new BrowserPage(request.RequestUri, response.StatusCode, new HtmlParser().ParseDocument(""), "", Headers(response));
            }
        }

        throw new InvalidOperationException($"More than {MaxRedirects} redirects, the last to {request.RequestUri}.");
    }

    private static Dictionary<string, string> Headers(HttpResponseMessage response) =>
        response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
}

internal sealed record BrowserPage(Uri Address, HttpStatusCode Status, IHtmlDocument Document, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public string Title => Document.QuerySelector("h1")?.TextContent ?? "";

    /// <summary>The query of the address.</summary>
    public IReadOnlyDictionary<string, string> Query => Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Address.Query)
        .ToDictionary(parameter => parameter.Key, parameter => parameter.Value.ToString());

    public IReadOnlyList<string> People => [.. Document.QuerySelectorAll("button[name=user]").Select(button => button.Children[1].TextContent)];
}
