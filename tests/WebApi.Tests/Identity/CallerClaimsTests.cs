using System.Security.Claims;
using EngageCenter.Users;
using EngageCenter.WebApi.Identity;
using EngageCenter.WebApi.Json;

namespace EngageCenter.WebApi.Tests.Identity;

public sealed class CallerClaimsTests
{
    private const string Tenant = "c0000000-0000-4000-8000-000000000000";
    private const string User = "c0000000-0000-4000-8000-000000000101";
    private const string Group = "c0000000-0000-4000-8000-000000000206";
    private static readonly DateTimeOffset now = new(2026, 7, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Person_has_each_group_of_the_token_once_and_in_order()
    {
        var person = Person(("groups", Group), ("groups", Tenant), ("groups", Group.ToUpperInvariant()));

        Assert.Equal(new PersonId(new(Tenant), new(User)), person.Person);
        Assert.Equal(new Guid[] { new(Tenant), new(Group) }, person.SignIn.Groups.AsEnumerable());
        Assert.Equal(now, person.SignIn.IssuedAt);
        Assert.True(person.HasScope);
    }

    [Fact]
    public void Without_groups_the_person_has_none() => Assert.Empty(Person().SignIn.Groups);

    [Theory]
    [InlineData("_claim_names", """{"groups":"src1"}""")]
    [InlineData("_claim_names", "what")]
    [InlineData("hasgroups", "true")]
    public void Token_without_its_groups_is_marked_so_and_has_none(string name, string value)
    {
        var signIn = Person((name, value), ("groups", Group)).SignIn;

        Assert.True(signIn.LeavesGroupsOut);
        Assert.Empty(signIn.Groups);
    }

    [Fact]
    public void Other_omitted_claims_do_not_matter() => Assert.False(Person(("_claim_names", """{"other":"src1"}""")).SignIn.LeavesGroupsOut);

    [Fact]
    public void Too_many_groups_in_a_token_count_as_left_out()
    {
        var groups = Enumerable.Range(0, CallerClaims.MaxGroups + 1).Select(_ => ("groups", (string?)Guid.NewGuid().ToString())).ToArray();

        Assert.True(Person(groups).SignIn.LeavesGroupsOut);
        Assert.False(Person(groups[..CallerClaims.MaxGroups]).SignIn.LeavesGroupsOut);
    }

    [Theory]
    [InlineData("tid", null)]
    [InlineData("tid", "contoso.example")]
    [InlineData("tid", "9188040d-6c67-4c5b-b112-36a304b66dad")]
    [InlineData("oid", null)]
    [InlineData("oid", "ann")]
    [InlineData("iat", null)]
    [InlineData("iat", "soon")]
    [InlineData("iat", "-1")]
    [InlineData("iat", "99999999999999999")]
    [InlineData("iat", "1782892801")]
    [InlineData("groups", "Administrators")]
    [InlineData("ver", "1.0")]
    public void Token_without_a_required_claim_is_refused(string name, string? value)
    {
        var (caller, fault) = CallerClaims.Read(Identity((name, value)), now);

        Assert.Null(caller);
        Assert.NotNull(fault);
    }

    [Theory]
    [InlineData("access_as_user", true)]
    [InlineData("other access_as_user", true)]
    [InlineData("other", false)]
    [InlineData("access_as_users", false)]
    [InlineData(null, false)]
    public void Scope_is_found_among_other_words(string? scope, bool expected) => Assert.Equal(expected, Person(("scp", scope)).HasScope);

    [Fact]
    public void Scope_is_found_in_every_element_of_an_array()
    {
        Assert.True(Person(("scp", "other"), ("scp", "access_as_user")).HasScope);
        Assert.True(Person(("scp", "other another"), ("scp", "one access_as_user")).HasScope);
        Assert.False(Person(("scp", "other"), ("scp", "another")).HasScope);
    }

    [Theory]
    [InlineData("An\u0007n", "Ann")]
    [InlineData("Ann\r\nset-cookie: a", "Annset-cookie: a")]
    [InlineData("\u202Ennad\u202C", "nnad")]
    [InlineData("A\u2066n\u2069n", "Ann")]
    [InlineData("Ann\uFFFE\uFDD0\U0001FFFF", "Ann")]
    [InlineData("Ann\u2028\u2029", "Ann")]
    [InlineData("  Ann ", "Ann")]
    [InlineData("Ann 😀 Ünï \u05D0", "Ann 😀 Ünï \u05D0")]
    public void Invisible_characters_are_removed_from_names(string claimed, string shown)
    {
        var profile = Person(("name", claimed), ("email", claimed)).Profile;

        Assert.Equal((shown, shown), (profile.DisplayName, profile.Email));
        Assert.Equal(shown, Person(("preferred_username", claimed)).Profile.DisplayName);
        Assert.Equal(shown, Assert.IsType<ApplicationCaller>(
            CallerClaims.Read(Identity(("idtyp", "app"), ("app_displayname", claimed)), now).Caller).DisplayName);
    }

    [Fact]
    public void Halves_of_surrogate_pairs_are_removed() => Assert.Equal("Ann😀", Text.Clean("\uD800Ann\uDC00😀\uD83D"));

    [Fact]
    public void Name_without_visible_characters_counts_as_absent() =>
        Assert.Equal("a@contoso.example", Person(("name", "\u202E \u0000"), ("preferred_username", "a@contoso.example")).Profile.DisplayName);

    [Theory]
    [InlineData("acct", "1", UserType.Guest)]
    [InlineData("acct", "0", UserType.Member)]
    [InlineData("idp", "https://elsewhere.example", UserType.Guest)]
    [InlineData("idp", "https://issuer", UserType.Member)]
    [InlineData("other", "1", UserType.Member)]
    public void Guest_is_recognized_by_account_type_or_identity_provider(string name, string value, UserType expected) =>
        Assert.Equal(expected, Person(("iss", "https://issuer"), (name, value)).Profile.UserType);

    [Fact]
    public void Person_has_a_name_and_an_email()
    {
        Assert.Equal(("Ann", "ann@contoso.example"), Shown(("name", "Ann"), ("email", "ann@contoso.example"), ("preferred_username", "a@contoso.example")));
        Assert.Equal(("a@contoso.example", "a@contoso.example"), Shown(("preferred_username", "a@contoso.example")));
        Assert.Equal((User, null), Shown());
        Assert.Equal(256, Person(("name", new string('x', 300))).Profile.DisplayName.Length);
        Assert.Equal(new string('x', 255), Person(("name", new string('x', 255) + "😀")).Profile.DisplayName);

        static (string, string?) Shown(params (string, string?)[] claims) =>
            (Person(claims).Profile.DisplayName, Person(claims).Profile.Email);
    }

    [Fact]
    public void Token_of_an_application_stays_one_with_other_claims()
    {
        var (caller, _) = CallerClaims.Read(Identity(("idtyp", "app"), ("roles", "A"), ("roles", "B")), now);

        var application = Assert.IsType<ApplicationCaller>(caller);
        Assert.Equal(["A", "B"], application.AppRoles);
        Assert.Equal(User, application.Id);
    }

    [Theory]
    [InlineData("idtyp", "user")]
    [InlineData("roles", "Agreements.ReadWrite.All")]
    public void Only_idtyp_makes_a_token_an_applications(string name, string value) =>
        Assert.IsType<PersonCaller>(CallerClaims.Read(Identity((name, value)), now).Caller);

    private static PersonCaller Person(params (string, string?)[] claims) => Assert.IsType<PersonCaller>(CallerClaims.Read(Identity(claims), now).Caller);

    private static ClaimsIdentity Identity(params (string Name, string? Value)[] claims)
    {
        (string Name, string? Value)[] usual = [("tid", Tenant), ("oid", User), ("iat", "1782892800"), ("scp", "access_as_user"), ("ver", "2.0")];
        return new(usual.Where(u => claims.All(c => c.Name != u.Name)).Concat(claims)
            .Where(c => c.Value is not null).Select(c => new Claim(c.Name, c.Value!)));
    }
}
