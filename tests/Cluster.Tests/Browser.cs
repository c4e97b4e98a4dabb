using System.Net;
using System.Text.RegularExpressions;

namespace EngageCenter.Cluster.Tests;

/// <summary>What a person does in a browser, over HTTP alone.</summary>
internal static class Browser
{
    /// <summary>Sends what a browser sends when somebody clicks on their name.</summary>
    /// <param name="page">LocalEntra's page of people.</param>
    public static async Task SignIn(HttpClient browser, Uri entra, string page, string name)
    {
        var form = Regex.Match(page, "<form method=\"post\" action=\"([^\"]*)\">(.*?)</form>", RegexOptions.Singleline);
        var fields = Regex.Matches(form.Groups[2].Value, "<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"").Select(field => KeyValuePair.Create(WebUtility.HtmlDecode(field.Groups[1].Value), WebUtility.HtmlDecode(field.Groups[2].Value)));
        var person = Regex.Matches(form.Groups[2].Value, "<button class=\"person\" name=\"user\" value=\"([^\"]*)\">(.*?)</button>", RegexOptions.Singleline).Single(button => button.Groups[2].Value.Contains($"<span>{name}</span>", StringComparison.Ordinal));
        using var content = new FormUrlEncodedContent([.. fields, KeyValuePair.Create("user", WebUtility.HtmlDecode(person.Groups[1].Value))]);
        using var answer = await browser.PostAsync(new Uri(entra, WebUtility.HtmlDecode(form.Groups[1].Value)), content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
