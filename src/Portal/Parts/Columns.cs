using System.Text.RegularExpressions;
using EngageCenter.Portal.Hosting;
using Microsoft.AspNetCore.Components;

namespace EngageCenter.Portal.Parts;

/// <summary>A column of a grid.</summary>
/// <param name="Id">The name under which the person's choice of columns is kept.</param>
public sealed record Column<T>(string Id, string Title, RenderFragment<T> Cell, string? Class = null);

/// <summary>The columns of a grid that a person has hidden; their browser remembers them.</summary>
internal static partial class Columns
{
    private const int Most = 20;

    public static string[] Hidden(HttpContext context, string grid) => context.Request.Cookies[Cookie(grid)]?.Split('.') ?? [];

    public static void MapColumns(this WebApplication app) => app.MapPost("/columns", (HttpContext context, IFormCollection form) =>
    {
        var (grid, all) = (form["grid"].ToString(), form["all"].OfType<string>().ToList());
        if (Id().IsMatch(grid) && all.Count <= Most && all.All(Id().IsMatch))
        {
            Preferences.Keep(context, Cookie(grid), string.Join('.', all.Except(form["shown"].OfType<string>())));
        }

        return Preferences.Back(form["back"].ToString());
    }).RequireAuthorization();

    private static string Cookie(string grid) => $"engage-center-columns-{grid}";

    [GeneratedRegex(@"\A[a-z]{1,20}\z")]
    private static partial Regex Id();
}
