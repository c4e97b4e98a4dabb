using EngageCenter.Portal.Hosting;
using Microsoft.AspNetCore.Http.Extensions;

namespace EngageCenter.Portal.SignIn;

/// <summary>
/// Says where a person comes back to who sent a form and had to sign in first: to the page of the form, with what they had
/// entered in its address; from a form that many pages have, to the page where they were. Nothing of the form is done before
/// they see it and send it again.
/// </summary>
internal static class FormAgain
{
    // What was entered goes with the person to the issuer and back. A form with more than this comes back as it was.
    private const int MaxLength = 2_000;

    // What a form has beside the fields that people fill in, and which button they used.
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
