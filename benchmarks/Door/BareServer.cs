namespace EngageCenter.Door;

/// <summary>Kestrel alone: no routes, no tokens, and always the same answer.</summary>
internal static class BareServer
{
    /// <summary>The answer of a check, and a body of that length.</summary>
    public static ReadOnlyMemory<byte> Answer { get; } =
        """{"results":[{"permission":"ViewSupportInsights","allowed":true,"because":[{"role":"SupportUser","source":"EntraGroup","sourceId":"c0000000-0000-4000-8000-000000000206"}]},{"permission":"RenameSpace","allowed":false,"because":[]}],"epoch":8}"""u8.ToArray();

    public static async Task RunAsync(string url)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls(url);
        await using var app = builder.Build();
        app.Run(async http =>
        {
            if (HttpMethods.IsPost(http.Request.Method))
            {
                // Reads the whole body, as a real server would.
                while (await http.Request.BodyReader.ReadAsync() is var read)
                {
                    http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                    if (read.IsCompleted)
                    {
                        break;
                    }
                }
            }

            http.Response.ContentType = "application/json; charset=utf-8";
            http.Response.ContentLength = Answer.Length;
            await http.Response.BodyWriter.WriteAsync(Answer);
        });
        await app.RunAsync();
    }
}
