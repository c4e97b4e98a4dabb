using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;

// A gateway that asks AuthZEN before it passes a request on. README.md says how to run it.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
using var authZen = new HttpClient { BaseAddress = new(builder.Configuration["AuthZen:Url"]!), Timeout = TimeSpan.FromSeconds(10) };
var app = builder.Build();
app.MapReverseProxy(proxy => proxy.Use(async (context, next) =>
{
    context.Response.StatusCode = await Ask(context, context.GetReverseProxyFeature().Route.Config.Metadata!["Permission"]);
    if (context.Response.StatusCode == StatusCodes.Status200OK)
    {
        await next();
    }
}));
app.Run();

// 200, or why not: 403 if it is not allowed, 401 for the token, and 503 if the service cannot say.
async Task<int> Ask(HttpContext context, string permission)
{
    // Callers ask about themselves, with their own tokens, which the service validates. So nothing here has to be secret.
    if (!AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var bearer) || !new JsonWebTokenHandler().CanReadToken(bearer.Parameter)
        || !new JsonWebToken(bearer.Parameter).TryGetPayloadValue("tid", out string tenant) || !new JsonWebToken(bearer.Parameter).TryGetPayloadValue("oid", out string person))
    {
        return StatusCodes.Status401Unauthorized;
    }

    var question = new { subject = new { type = "user", id = $"{tenant}/{person}" }, action = new { name = permission }, resource = new { type = "workspace", id = $"{context.Request.RouteValues["workspace"]}" } };
    using var request = new HttpRequestMessage(HttpMethod.Post, "access/v1/evaluation") { Content = JsonContent.Create(question), Headers = { Authorization = bearer } };
    try
    {
        using var answer = await authZen.SendAsync(request, context.RequestAborted);
        return answer.StatusCode != HttpStatusCode.OK ? (int)answer.StatusCode
            : (await answer.Content.ReadFromJsonAsync<JsonNode>(context.RequestAborted))?["decision"]?.GetValue<bool>() == true ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden;
    }
    catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
    {
        return StatusCodes.Status503ServiceUnavailable;
    }
}
