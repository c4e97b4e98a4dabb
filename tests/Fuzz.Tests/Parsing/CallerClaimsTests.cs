using System.Security.Claims;
using CsCheck;
using EngageCenter.WebApi.Identity;

namespace EngageCenter.Fuzz.Parsing;

/// <summary>Claims of a token that validated, whatever the tenant that issued it put in.</summary>
public class CallerClaimsTests
{
    private static readonly DateTimeOffset now = new(2026, 7, 1, 8, 0, 0, TimeSpan.Zero);

    private static readonly (string Name, string[] Seeds)[] claims =
    [
        ("tid", ["c0000000-0000-4000-8000-000000000000", "c0000000-0x00-4000-8000-000000000000"]),
        ("oid", ["c0000000-0000-4000-8000-000000000101"]),
        ("ver", ["2.0"]),
        ("iat", ["1782892800", "0", "253402300799"]),
        ("idtyp", ["user", "app"]),
        ("scp", ["access_as_user", "openid access_as_user profile"]),
        ("groups", ["c0000000-0000-4000-8000-000000000206", " c0000000-0000-4000-8000-000000000206"]),
        ("hasgroups", ["true", "false"]),
        ("_claim_names", ["{\"groups\":\"src1\"}", "{\"other\":\"src1\"}"]),
        ("name", ["Adele Vance", new string('n', 255) + "😀", "\u202eelevA"]),
        ("preferred_username", ["adele@contoso.example", new string('u', 400)]),
        ("email", ["adele@contoso.example"]),
        ("acct", ["0", "1"]),
        ("idp", ["https://idp.example"]),
        ("roles", ["Agreements.ReadWrite.All"]),
        ("azp", ["a0000000-0000-4000-8000-000000000001", new string('a', 65)]),
        ("app_displayname", ["Automation"]),
    ];

    // Most claims as they should be, so that what comes after the first check is reached.
    private static readonly Gen<Claim[]> tokens = Gen.OneOf(claims)
        .SelectMany(claim => Gen.Frequency((5, Gen.OneOf(claim.Seeds)), (1, Mutations.Texts(claim.Seeds))).Select(value => new Claim(claim.Name, value)))
        .Array[0, 20]
        .Select(some => some.Concat(claims[..4].Where(c => some.All(s => s.Type != c.Name)).Select(c => new Claim(c.Name, c.Seeds[0]))).ToArray());

    [Fact]
    public void Claims_are_a_caller_within_its_limits_or_a_reason() => tokens.Sample(token =>
    {
        var (caller, fault) = CallerClaims.Read(new ClaimsIdentity(token), now);
        Assert.True(caller is null != fault is null);
        switch (caller)
        {
            case PersonCaller person:
                Assert.Equal(token.First(c => c.Type == "tid").Value, $"{person.Person.TenantId}", ignoreCase: true);
                Assert.Equal(token.First(c => c.Type == "oid").Value, $"{person.Person.UserId}", ignoreCase: true);
                Assert.True(person.Profile.DisplayName.Length <= 256 && person.Profile.Email is not { Length: > 320 });
                Assert.True(person.SignIn is not { } signIn || (signIn.IssuedAt <= now && signIn.Groups.Length <= CallerClaims.MaxGroups && signIn.Groups.Distinct().Count() == signIn.Groups.Length));
                Assert.True(!person.HasScope || token.Any(c => c.Type == "scp" && c.Value.Contains(CallerClaims.Scope, StringComparison.Ordinal)));
                break;
            case ApplicationCaller application:
                Assert.Contains(token, c => c.Type == "idtyp" && c.Value == "app");
                Assert.True(application.Id.Length is > 0 and <= 64 && application.DisplayName is not { Length: > 256 });
                Assert.Equal(token.Where(c => c.Type == "roles").Select(c => c.Value), application.AppRoles);
                break;
            default:
                break;
        }
    }, iter: Mutations.Runs);
}
