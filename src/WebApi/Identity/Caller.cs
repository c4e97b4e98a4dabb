using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Identity;

/// <summary>Who calls, as their validated access token says.</summary>
internal abstract record Caller
{
    /// <summary>Limits and logs go by this; it names nobody to whom it means nothing.</summary>
    public abstract string Key { get; }

    public abstract Actor Actor { get; }
}

/// <param name="HasScope">Whether the token lets its client act for the person here.</param>
internal sealed record PersonCaller(PersonId Person, UserProfile Profile, bool HasScope, SignIn SignIn) : Caller
{
    /// <summary>For routes that let only persons in, as a parameter of their endpoints.</summary>
    public static ValueTask<PersonCaller?> BindAsync(HttpContext http) => new(http.Features.Get<Caller>() as PersonCaller);

    public override string Key { get; } = Person.ToString();

    public override Actor Actor => new(ActorKind.User, Person.TenantId, Person.UserId.ToString("D"), Profile.DisplayName);
}

/// <param name="Id">The object id of the application in the tenant.</param>
/// <param name="AppRoles">The application permissions that the tenant's administrator consented to.</param>
internal sealed record ApplicationCaller(Guid TenantId, string Id, string? DisplayName, IReadOnlyList<string> AppRoles) : Caller
{
    public override string Key { get; } = $"{TenantId:D}/app/{Id}";

    public override Actor Actor => new(ActorKind.Application, TenantId, Id, DisplayName);
}
