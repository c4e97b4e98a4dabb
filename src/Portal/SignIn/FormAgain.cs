using EngageCenter.Portal.Hosting;
using Microsoft.AspNetCore.Http.Extensions;

namespace EngageCenter.Portal.SignIn;

/// <summary>
/// Returns the page that a person comes back to if they sent a form and had to sign in first: the page of the form, with what
/// they had entered in its address. For a form that many pages share, it is the page where they were. The form is not executed
/// until they see it and send it again.
/// </summary>
internal static class FormAgain
{
    // The entered values travel to the issuer and back in the address. If they are longer than this, the form comes back without them.
    private const int MaxLength = 2_000;

    // Fields of a form that people do not fill in, and the button that they used.
    private static readonly string[] own = ["__RequestVerificationToken", "_handler", "do"];

    /// <returns>A path of the portal with its query.</returns>
    public static async Task<string> AddressAsync(HttpRequest request)
    {
        if (!request.HasFormContentType)
        {
            return "/";
        }

        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        if (!request.Path.StartsWithSegments("/w"))
        {
            var back = form[Preferences.BackField].ToString();
            return back.Length > MaxLength ? "/" : Preferences.Local(back);
        }

        var entered = new QueryBuilder(form.Where(f => !own.Contains(f.Key)).SelectMany(f => f.Value.OfType<string>().Select(v => KeyValuePair.Create(f.Key, v)))).ToString();
        return entered.Length > MaxLength ? request.Path.Value! : request.Path + entered;
    }
}
