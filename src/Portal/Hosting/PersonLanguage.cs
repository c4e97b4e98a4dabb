using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Mvc;

namespace EngageCenter.Portal.Hosting;

/// <summary>
/// Sets the language of the pages: the one that the person chose in their menu, otherwise the one that their browser prefers.
/// Dates and numbers have the format of the browser's country, if it has the same language.
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

/// <summary>What a person prefers, kept in cookies. They give no access to anything.</summary>
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

    /// <summary>The field of forms that many pages share. It has the address of the page with the form.</summary>
    public const string BackField = "back";

    /// <summary>Redirects to the page with the form, never to another site.</summary>
    public static RedirectHttpResult Back(string address) => TypedResults.LocalRedirect(Local(address));

    /// <returns>The start page if the address is not one of the portal.</returns>
    public static string Local(string address) => RedirectHttpResult.IsLocalUrl(address) && Ascii.IsValid(address) ? address : "/";
}
