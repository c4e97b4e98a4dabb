namespace EngageCenter.LocalEntra.Tenants;

/// <summary>A security group. Who belongs to it is in <see cref="Memberships"/>.</summary>
internal sealed record Group(Guid Id, string DisplayName, string? Description = null);
