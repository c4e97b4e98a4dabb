using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.WebApi.Identity;

/// <summary>The caller of a request, as described by the validated access token.</summary>
internal abstract record Caller
{
    /// <summary>The key under which limits count the caller. It consists of ids, without names.</summary>
    public abstract string Key { get; }

    public abstract Actor Actor { get; }
}

/// <param name="HasScope">Whether the token allows the client to act for the person at this API.</param>
internal sealed record PersonCaller(PersonId Person, UserProfile Profile, bool HasScope, SignIn SignIn) : Caller
{
    /// <summary>Binds the caller as an endpoint's parameter, on routes that let only persons in.</summary>
    public static ValueTask<PersonCaller?> BindAsync(HttpContext http) => new(http.Features.Get<Caller>() as PersonCaller);

    public override string Key { get; } = Person.ToString();

    public override Actor Actor => new(ActorKind.User, Person.TenantId, Person.UserId.ToString("D"), Profile.DisplayName);
}

/// <param name="Id">The application's object id in the tenant.</param>
/// <param name="AppRoles">The application permissions that the tenant's administrator consented to.</param>
internal sealed record ApplicationCaller(Guid TenantId, string Id, string? DisplayName, IReadOnlyList<string> AppRoles) : Caller
{
    public override string Key { get; } = $"{TenantId:D}/app/{Id}";

    public override Actor Actor => new(ActorKind.Application, TenantId, Id, DisplayName);
}
