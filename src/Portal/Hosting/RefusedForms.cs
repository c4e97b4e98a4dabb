using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using static EngageCenter.Portal.Texts;

namespace EngageCenter.Portal.Hosting;

/// <summary>Refuses a form without a valid antiforgery token before it is read. It answers with text, because an error page would read the form.</summary>
internal static class RefusedForms
{
    public static void UseRefusedForms(this WebApplication app) => app.Use((context, next) =>
    {
        if (context.Features.Get<IAntiforgeryValidationFeature>() is not { IsValid: false })
        {
            return next(context);
        }

        if (context.Features.Get<IStatusCodePagesFeature>() is { } pages)
        {
            pages.Enabled = false;
        }

        return Results.Text(T("The form was not accepted. Go back, load the page again, and send it once more."), statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
    });
}
