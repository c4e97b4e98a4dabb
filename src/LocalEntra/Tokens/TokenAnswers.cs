using System.Globalization;
using System.Text.Json.Serialization;

namespace EngageCenter.LocalEntra.Tokens;

internal sealed record TokenAnswer(
    [property: JsonPropertyName("token_type")] string TokenType,
    [property: JsonPropertyName("scope"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Scope,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("ext_expires_in")] int ExtExpiresIn,
    [property: JsonPropertyName("access_token")] string AccessToken)
{
    [JsonPropertyName("refresh_token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RefreshToken { get; init; }

    [JsonPropertyName("id_token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IdToken { get; init; }

    /// <summary>The account's ids, for MSAL's cache.</summary>
    [JsonPropertyName("client_info"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClientInfo { get; init; }
}

internal sealed record TokenErrorAnswer(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_description")] string Description,
    [property: JsonPropertyName("error_codes")] IReadOnlyList<int> Codes,
    [property: JsonPropertyName("timestamp")] string Timestamp,
    [property: JsonPropertyName("trace_id")] Guid TraceId,
    [property: JsonPropertyName("correlation_id")] Guid CorrelationId)
{
    public static IResult ToResult(TokenRefusal refusal, HttpRequest request, DateTimeOffset now) =>
        Results.Json(Of(refusal, request, now), statusCode: refusal.Status);

    /// <param name="refusal">The error to return.</param>
    /// <param name="request">Its header <c>client-request-id</c> is returned as the correlation id if it is a GUID.</param>
    /// <param name="now">The time of the response.</param>
    public static TokenErrorAnswer Of(TokenRefusal refusal, HttpRequest request, DateTimeOffset now)
    {
        var trace = Guid.NewGuid();
        var correlation = Guid.TryParse(request.Headers["client-request-id"], out var given) ? given : Guid.NewGuid();
        var timestamp = now.ToString("u", CultureInfo.InvariantCulture);
        var description = $"AADSTS{refusal.Code}: {refusal.Message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}";

        return new TokenErrorAnswer(refusal.Error, description, [refusal.Code], timestamp, trace, correlation);
    }
}
