using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Mvc;

namespace EngageCenter.Portal.Hosting;

/// <summary>
/// The language of the pages: the one that the person chose in their menu, or else the one that their browser prefers.
/// Dates and numbers are written as in the browser's country, as far as it has the same language.
/// </summary>
internal static class PersonLanguage
{
    public static void UsePersonLanguage(this WebApplication app) => app.UseRequestLocalization(new RequestLocalizationOptions
    {
        DefaultRequestCulture = new("en-US", "en"),
        SupportedCultures = [.. CultureInfo.GetCultures(CultureTypes.AllCultures).Where(c => Texts.Languages.Any(l => l.Tag == c.TwoLetterISOLanguageName))],
        SupportedUICultures = [.. Texts.Languages.Select(l => CultureInfo.GetCultureInfo(l.Tag))],
        RequestCultureProviders = [new CookieRequestCultureProvider(), new AcceptLanguageHeaderRequestCultureProvider()],
    });

    public static void MapLanguage(this WebApplication app) => app.MapPost("/language", (HttpContext context, [FromForm] string language, [FromForm] string back) =>
    {
        if (Texts.Languages.Any(l => l.Tag == language))
        {
            Preferences.Keep(context, CookieRequestCultureProvider.DefaultCookieName, CookieRequestCultureProvider.MakeCookieValue(new(language)));
        }

        return Preferences.Back(back);
    }).RequireAuthorization();
}

/// <summary>What a person prefers, kept by their browser. None of it opens anything.</summary>
internal static class Preferences
{
    public static void Keep(HttpContext context, string name, string value) => context.Response.Cookies.Append(name, value, new()
    {
        MaxAge = TimeSpan.FromDays(365),
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Secure = context.Request.IsHttps,
        IsEssential = true,
    });

    /// <summary>The field of a form that many pages have, with the address of the page that it was on.</summary>
    public const string BackField = "back";

    /// <summary>To the page that the form was on, and nowhere else.</summary>
    public static RedirectHttpResult Back(string address) => TypedResults.LocalRedirect(Local(address));

    /// <returns>The start page for what is no address of the portal.</returns>
    public static string Local(string address) => RedirectHttpResult.IsLocalUrl(address) && Ascii.IsValid(address) ? address : "/";
}
