using System.Text.Json;
using System.Text.Json.Serialization;

namespace EngageCenter.LocalEntra.Tenants;

/// <summary>
/// The directory file as written: anything may be missing, and ids are still text. <see cref="DirectoryReader"/> checks it.
/// </summary>
internal sealed record DirectoryDocument(IReadOnlyList<TenantDocument?>? Tenants, IReadOnlyList<ApplicationDocument?>? Applications) : LooseDocument
{
    /// <summary>The maximum size in bytes. 200,000 people with their memberships are about 60 MB.</summary>
    public const long MaxFileSize = 256L * 1024 * 1024;

    private static readonly JsonSerializerOptions format = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <param name="options">The settings that name the directory.</param>
    /// <param name="source">How error messages refer to the directory.</param>
    /// <exception cref="LocalEntraConfigurationException">
    /// The directory is missing, unreadable, too large, or not JSON of this shape.
    /// </exception>
    public static DirectoryDocument Read(LocalEntraOptions options, out string source)
    {
        source = options.DirectoryFile is { Length: > 0 } file
            ? $"{LocalEntraOptions.Section}:{nameof(options.DirectoryFile)} '{Path.GetFullPath(file)}'"
            : $"{LocalEntraOptions.Section}:{nameof(options.DirectoryJson)}";

        try
        {
            return Parse(options) ?? throw new JsonException("The document is null.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new LocalEntraConfigurationException($"{source} cannot be read: {unreadable.Message}", unreadable);
        }
        catch (JsonException malformed)
        {
            throw new LocalEntraConfigurationException($"{source} is not a valid directory: {malformed.Message}", malformed);
        }
    }

    private static DirectoryDocument? Parse(LocalEntraOptions options)
    {
        if (options.DirectoryFile is not { Length: > 0 } file)
        {
            return JsonSerializer.Deserialize<DirectoryDocument>(options.DirectoryJson!, format);
        }

        using var stream = File.OpenRead(file);
        return stream.Length <= MaxFileSize
            ? JsonSerializer.Deserialize<DirectoryDocument>(stream, format)
            : throw new IOException($"It has {stream.Length} bytes; the limit is {MaxFileSize}.");
    }
}

internal sealed record TenantDocument(
    string? TenantId,
    string? DisplayName,
    IReadOnlyList<UserDocument?>? Users,
    IReadOnlyList<GroupDocument?>? Groups) : LooseDocument;

internal sealed record UserDocument(
    string? Id,
    string? DisplayName,
    string? UserPrincipalName,
    string? Mail,
    string? UserType,
    string? Password,
    bool? AccountEnabled) : LooseDocument;

internal sealed record GroupDocument(string? Id, string? DisplayName, string? Description, IReadOnlyList<string?>? Members) : LooseDocument;

internal sealed record ApplicationDocument(
    string? ClientId,
    string? DisplayName,
    string? ClientSecret,
    IReadOnlyList<string?>? AppRoles,
    IReadOnlyList<string?>? RedirectUris) : LooseDocument;

/// <summary>Keeps unknown members, so that a warning can name misspelt ones.</summary>
internal abstract record LooseDocument
{
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; init; }
}
