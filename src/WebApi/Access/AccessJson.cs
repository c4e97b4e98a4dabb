using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.Access;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;

namespace EngageCenter.WebApi.Access;

/// <summary>A role of the table.</summary>
internal sealed record RoleResponse(
    string Role, string DisplayName, string Definition, RoleOrigin Origin, RoleAssignment Assignment, IReadOnlyList<string> Permissions)
{
    public static RoleResponse Of(RoleDefinition role) => new(
        role.Role.ToString(), role.DisplayName, role.Definition, role.Origin, role.Assignment, WireNames.List(role.Permissions));
}

/// <summary>A role that somebody holds, and by what.</summary>
/// <param name="SourceId">The agreement's or the group's id; null for the default role.</param>
internal sealed record HeldRoleResponse(string Role, RoleSource Source, string? SourceId)
{
    public static IReadOnlyList<HeldRoleResponse> Of(ImmutableArray<HeldRole> roles) =>
        [.. roles.Select(r => new HeldRoleResponse(r.Role.ToString(), r.Source, r.SourceId))];
}

/// <summary>The caller's rights in a workspace.</summary>
/// <param name="Epoch">The version of the access policy that decided.</param>
internal sealed record PermissionsResponse(IReadOnlyList<string> Permissions, IReadOnlyList<HeldRoleResponse> Roles, long Epoch);

/// <summary>What is asked of whom.</summary>
/// <param name="Permissions">1 to 50 names.</param>
/// <param name="User">The caller, unless somebody else is named.</param>
internal sealed record CheckRequest(IReadOnlyList<Permissions> Permissions, CheckedUser? User) : IBody<CheckRequest>
{
    /// <summary>50 names and a person are 2 KiB.</summary>
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

/// <summary>The answers, in the order of the questions.</summary>
/// <param name="Epoch">The version of the access policy that decided.</param>
internal sealed record CheckResponse(IReadOnlyList<CheckResult> Results, long Epoch);

/// <param name="Because">The roles that give the permission; none where it is not allowed.</param>
internal sealed record CheckResult(string Permission, bool Allowed, IReadOnlyList<HeldRoleResponse> Because)
{
    public static CheckResult Of(Permissions permission, EffectiveAccess access)
    {
        var allowed = access.Decision.Allows(permission);
        return new(WireNames.For<Permissions>().Of(permission), allowed, !allowed ? [] : HeldRoleResponse.Of(
            [.. access.Roles.Where(r => (RoleTable.PermissionsOf(r.Role) & permission) != 0)]));
    }
}

/// <summary>Writes the answer to a check, the most frequent one, by generated code. It looks like every other answer.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckResponse))]
internal sealed partial class CheckJson : JsonSerializerContext;
