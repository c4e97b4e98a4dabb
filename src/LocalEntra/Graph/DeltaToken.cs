using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>The place of a reader of changes as a token. It holds everything, so nothing is remembered of readers.</summary>
internal static class DeltaToken
{
    public static string Write<TState>(TState state) => Base64UrlEncoder.Encode(JsonSerializer.SerializeToUtf8Bytes(state));

    /// <summary>Returns null if the text is not a token of this kind.</summary>
    public static TState? Read<TState>(string token)
        where TState : class
    {
        try
        {
            return JsonSerializer.Deserialize<TState>(Base64UrlEncoder.DecodeBytes(token));
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException or ArgumentException)
        {
            return null;
        }
    }
}
