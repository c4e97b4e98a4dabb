namespace EngageCenter.LocalEntra.Tenants;

/// <summary>A security group. Its members are in <see cref="Memberships"/>.</summary>
internal sealed record Group(Guid Id, string DisplayName, string? Description = null);
