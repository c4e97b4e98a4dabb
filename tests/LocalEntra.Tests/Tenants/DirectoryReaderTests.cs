using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tests.Tenants;

public sealed class DirectoryReaderTests
{
    private const string T = "10000000-0000-4000-8000-000000000000";
    private const string A = "10000000-0000-4000-8000-00000000000a";
    private const string B = "10000000-0000-4000-8000-00000000000b";

    [Theory]
    [InlineData("""{}""", "tenants is missing or empty")]
    [InlineData("""{"tenants":[]}""", "tenants is missing or empty")]
    [InlineData("""{"tenants":[null]}""", "tenants[0] is null")]
    [InlineData("""{"tenants":[{"displayName":"X"}]}""", "tenants[0].tenantId is missing")]
    [InlineData("""{"tenants":[{"tenantId":"contoso","displayName":"X"}]}""", "tenants[0].tenantId 'contoso' is not a GUID")]
    [InlineData("""{"tenants":[{"tenantId":"00000000-0000-0000-0000-000000000000","displayName":"X"}]}""", "tenants[0].tenantId '00000000-0000-0000-0000-000000000000' is not a GUID")]
    [InlineData($$"""{"tenants":[{"tenantId":"{{T}}"}]}""", "tenants[0].displayName is missing or empty")]
    [InlineData($$"""{"tenants":[{"tenantId":"{{T}}","displayName":"X"},{"tenantId":"{{T}}","displayName":"Y"}]}""", "tenants[1].tenantId '10000000-0000-4000-8000-000000000000' is also the id of another tenant")]
    public void Wrong_tenant_is_named_by_its_path(string json, string expected) => Assert.Contains(expected, Refusal(json));

    [Theory]
    [InlineData("""{"displayName":"A","userPrincipalName":"a@x"}""", "tenants[0].users[0].id is missing")]
    [InlineData("""{"id":"a","displayName":"A","userPrincipalName":"a@x"}""", "tenants[0].users[0].id 'a' is not a GUID")]
    [InlineData($$"""{"id":"{{A}}","userPrincipalName":"a@x"}""", "tenants[0].users[0].displayName is missing or empty")]
    [InlineData($$"""{"id":"{{A}}","displayName":"A"}""", "tenants[0].users[0].userPrincipalName is missing or empty")]
    [InlineData($$"""{"id":"{{A}}","displayName":"A","userPrincipalName":"a@x","userType":"guest"}""", "tenants[0].users[0].userType 'guest' is neither Member nor Guest")]
    [InlineData($$"""{"id":"{{A}}","displayName":"A","userPrincipalName":"a@x","mail":7}""", "$.tenants[0].users[0].mail")]
    [InlineData($$"""{"id":"{{A}}","displayName":"A","userPrincipalName":"a@x"},{"id":"{{A}}","displayName":"B","userPrincipalName":"b@x"}""", "tenants[0].users[1].id '10000000-0000-4000-8000-00000000000a' is also the id of another user or group of this tenant")]
    [InlineData($$"""{"id":"{{A}}","displayName":"A","userPrincipalName":"a@x"},{"id":"{{B}}","displayName":"B","userPrincipalName":"A@X"}""", "tenants[0].users[1].userPrincipalName 'A@X' is also the name of another user")]
    public void Wrong_user_is_named_by_its_path(string users, string expected) =>
        Assert.Contains(expected, Refusal($$"""{"tenants":[{"tenantId":"{{T}}","displayName":"X","users":[{{users}}]}]}"""));

    [Theory]
    [InlineData("""{"displayName":"G"}""", "tenants[0].groups[0].id is missing")]
    [InlineData($$"""{"id":"{{B}}"}""", "tenants[0].groups[0].displayName is missing or empty")]
    [InlineData($$"""{"id":"{{A}}","displayName":"G"}""", "tenants[0].groups[0].id '10000000-0000-4000-8000-00000000000a' is also the id of another user or group of this tenant")]
    [InlineData($$"""{"id":"{{B}}","displayName":"G","members":[null]}""", "tenants[0].groups[0].members[0] is missing")]
    [InlineData($$"""{"id":"{{B}}","displayName":"G","members":["a"]}""", "tenants[0].groups[0].members[0] 'a' is not a GUID")]
    [InlineData($$"""{"id":"{{B}}","displayName":"G","members":["{{A}}","{{T}}"]}""", "tenants[0].groups[0].members[1] '10000000-0000-4000-8000-000000000000' is not a valid user or group of this tenant")]
    [InlineData($$"""{"id":"{{B}}","displayName":"G","members":["{{A}}","{{A}}"]}""", "tenants[0].groups[0].members[1] '10000000-0000-4000-8000-00000000000a' is listed twice")]
    public void Wrong_group_is_named_by_its_path(string groups, string expected) =>
        Assert.Contains(expected, Refusal($$"""{"tenants":[{"tenantId":"{{T}}","displayName":"X","users":[{"id":"{{A}}","displayName":"A","userPrincipalName":"a@x"}],"groups":[{{groups}}]}]}"""));

    [Theory]
    [InlineData("""{"clientSecret":"s"}""", "applications[0].clientId is missing or empty")]
    [InlineData("""{"clientId":"c"}""", "applications[0].clientSecret is missing or empty")]
    [InlineData("""{"clientId":"c","clientSecret":"s","appRoles":["a",""]}""", "applications[0].appRoles[1] is missing or empty")]
    [InlineData("""{"clientId":"c","redirectUris":[]}""", "applications[0].clientSecret is missing or empty")]
    [InlineData("""{"clientId":"c","redirectUris":[""]}""", "applications[0].redirectUris[0] is missing or empty")]
    [InlineData("""{"clientId":"c","redirectUris":["https://contoso.example/signin-oidc"]}""", "applications[0].redirectUris[0] 'https://contoso.example/signin-oidc' is not a valid redirect URI")]
    [InlineData("""{"clientId":"c","redirectUris":["http://localhost/signin-oidc?a=b"]}""", "applications[0].redirectUris[0] 'http://localhost/signin-oidc?a=b' is not a valid redirect URI")]
    [InlineData("""{"clientId":"c","redirectUris":["http://localhost/#"]}""", "applications[0].redirectUris[0] 'http://localhost/#' is not a valid redirect URI")]
    [InlineData("""{"clientId":"c","redirectUris":["http://a@localhost/"]}""", "applications[0].redirectUris[0] 'http://a@localhost/' is not a valid redirect URI")]
    [InlineData("""{"clientId":"c","redirectUris":["http://localhost.example/"]}""", "applications[0].redirectUris[0] 'http://localhost.example/' is not a valid redirect URI")]
    [InlineData("""{"clientId":"c","redirectUris":["app://localhost/"]}""", "applications[0].redirectUris[0] 'app://localhost/' is not a valid redirect URI")]
    [InlineData("""{"clientId":"c","clientSecret":"s"},{"clientId":"C","clientSecret":"s"}""", "applications[1].clientId 'C' is also the id of another application")]
    public void Wrong_application_is_named_by_its_path(string applications, string expected) =>
        Assert.Contains(expected, Refusal($$"""{"tenants":[{"tenantId":"{{T}}","displayName":"X"}],"applications":[{{applications}}]}"""));

    [Theory]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"tenants":[],"tenants":[]}""")]
    public void Invalid_directory_is_refused(string json) => Assert.Contains("is not a valid directory", Refusal(json));

    [Fact]
    public void Exceeded_limits_are_stated()
    {
        var tenants = string.Join(',', Enumerable.Range(1, DirectoryReader.MaxTenants + 1).Select(i => $$"""{"tenantId":"{{Id(i)}}","displayName":"X"}"""));
        var groups = string.Join(',', Enumerable.Range(1, DirectoryReader.MaxGroups + 1).Select(i => $$"""{"id":"{{Id(i)}}","displayName":"G"}"""));
        var clientId = new string('c', DirectoryReader.MaxClientId + 1);

        Assert.Contains("tenants has 101 items; the limit is 100", Refusal($$"""{"tenants":[{{tenants}}]}"""));
        Assert.Contains("tenants have 20001 groups in total; the limit is 20000", Refusal($$"""{"tenants":[{"tenantId":"{{T}}","displayName":"X","groups":[{{groups}}]}]}"""));
        Assert.Contains("applications[0].clientId has 101 characters; the limit is 100", Refusal($$"""{"tenants":[{"tenantId":"{{T}}","displayName":"X"}],"applications":[{"clientId":"{{clientId}}","clientSecret":"s"}]}"""));
    }

    [Fact]
    public void All_errors_are_reported_together_up_to_a_limit()
    {
        var users = string.Join(',', Enumerable.Repeat("{}", 50));

        var refusal = Refusal($$"""{"tenants":[{"tenantId":"{{T}}","displayName":"X","users":[{{users}}]}]}""");

        Assert.Contains("tenants[0].users[0].id is missing", refusal);
        Assert.Contains("tenants[0].users[6].id is missing", refusal);
        Assert.EndsWith("… and more", refusal);
    }

    [Fact]
    public void Unknown_member_is_ignored_and_named()
    {
        EntraDirectory.Load(
            new() { DirectoryJson = $$"""{"$schema":"x","tenants":[{"tenantId":"{{T}}","displayName":"X","users":[{"id":"{{A}}","displayName":"A","userPrincipalName":"a@x","passwrod":"p"}]}]}""" },
            out var ignored);

        Assert.Equal(["$schema", "tenants[0].users[0].passwrod"], ignored);
    }

    [Fact]
    public void Sample_loads_and_contains_what_it_promises()
    {
        var directory = EntraDirectory.Load(new() { DirectoryFile = Path.Combine(AppContext.BaseDirectory, "samples", "contoso.json") }, out var ignored);

        Assert.Empty(ignored);
        Assert.Equal(["Contoso", "Microsoft"], directory.Tenants.Select(tenant => tenant.DisplayName));

        var contoso = directory.Tenants.First();
        Assert.Equal(
            ["Engage Support", "Service Desk"],
            Groups(contoso, "henrietta@contoso.example"));
        Assert.Equal(["Engage Users"], Groups(contoso, "lidia_fabrikam.example#EXT#@contoso.example"));
        Assert.Empty(Groups(contoso, "nestor@contoso.example"));
        Assert.Equal(["Engage Support", "Service Desk", "Service Desk at Night"], Groups(contoso, "patti@contoso.example"));
        Assert.Equal(300, Groups(contoso, "johanna@contoso.example").Count());

        Assert.True(directory.TryGetApplication("engage-center-automation", out var automation));
        Assert.Equal(6, automation.AppRoles.Count);
    }

    private static IEnumerable<string> Groups(Tenant tenant, string principalName)
    {
        Assert.True(tenant.TryGetUser(principalName, out var user));
        Assert.True(user.Accepts(null));
        return tenant.Memberships.TransitiveGroups(user.Id).Select(id => tenant.TryGetGroup(id, out var group) ? group.DisplayName : "");
    }

    private static string Refusal(string json) =>
        Assert.Throws<LocalEntraConfigurationException>(() => EntraDirectory.Load(new() { DirectoryJson = json }, out _)).Message;

    private static string Id(int number) => $"10000000-0000-4000-9000-{number:x12}";
}
