using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;

namespace EngageCenter.WebApi.Access;

/// <summary>A role of the role table.</summary>
internal sealed record RoleResponse(
    string Role, string DisplayName, string Definition, RoleOrigin Origin, RoleAssignment Assignment, IReadOnlyList<string> Permissions)
{
    public static RoleResponse Of(RoleDefinition role) => new(
        role.Role.ToString(), role.DisplayName, role.Definition, role.Origin, role.Assignment, WireNames.List(role.Permissions));
}

/// <summary>A role that a person holds, and where it comes from.</summary>
/// <param name="SourceId">The agreement's or the group's id; null for the default role.</param>
internal sealed record HeldRoleResponse(string Role, RoleSource Source, string? SourceId)
{
    public static IReadOnlyList<HeldRoleResponse> Of(IEnumerable<HeldRole> roles) =>
        [.. roles.Select(r => new HeldRoleResponse(r.Role.ToString(), r.Source, r.SourceId))];
}

/// <summary>The caller's rights in a workspace.</summary>
/// <param name="Epoch">The version of the access policy that decided.</param>
internal sealed record PermissionsResponse(IReadOnlyList<string> Permissions, IReadOnlyList<HeldRoleResponse> Roles, long Epoch);

/// <summary>Asks whether a person has permissions in the workspace.</summary>
/// <param name="Permissions">1 to 50 names.</param>
/// <param name="User">The person to check; the caller if absent.</param>
internal sealed record CheckRequest(IReadOnlyList<Permissions> Permissions, CheckedUser? User) : IBody<CheckRequest>
{
    /// <summary>50 names and a person need at most 2 KiB.</summary>
    public static int MaxBytes => 16 * 1024;
}

internal sealed class CheckValidator : RequestValidator<CheckRequest>
{
    private const int MaxChecks = 50;

    public CheckValidator()
    {
        RuleFor(check => check.Permissions).Entries(1, MaxChecks);
        RuleFor(check => check.User!).SetValidator(new CheckedUserValidator());
    }
}

internal sealed record CheckedUser([property: Required] Guid? TenantId, [property: Required] Guid? UserId);

internal sealed class CheckedUserValidator : RequestValidator<CheckedUser>;

/// <summary>One result for each permission, in the order of the request.</summary>
/// <param name="Epoch">The version of the access policy that decided.</param>
internal sealed record CheckResponse(IReadOnlyList<CheckResult> Results, long Epoch);

/// <param name="Because">The roles that give the permission; empty if it is not allowed.</param>
internal sealed record CheckResult(string Permission, bool Allowed, IReadOnlyList<HeldRoleResponse> Because)
{
    public static CheckResult Of(Permissions permission, EffectiveAccess access)
    {
        var allowed = access.Decision.Allows(permission);
        return new(WireNames.For<Permissions>().Of(permission), allowed, !allowed ? [] : HeldRoleResponse.Of(
            access.Roles.Where(r => (RoleTable.PermissionsOf(r.Role) & permission) != 0)));
    }
}

/// <summary>
/// Writes the response to a permission check with generated code, because it is the most frequent response. The JSON is the
/// same as without it.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckResponse))]
internal sealed partial class CheckJson : JsonSerializerContext;
