using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests over HTTP who sees which contacts of the account team.</summary>
[Collection(RunningService.Collection)]
public class AccountTeamTests(RunningService service)
{
    private readonly string agreementId = service.NewAgreementId();

    [Fact]
    public async Task Billing_reader_sees_the_contacts_of_the_selected_scope()
    {
        var path = await Put(Reader("north", null, userId: TestDirectory.UserId(TestDirectory.PersonOf(Roles.CustomerSupportManager))));
        var manager = await service.ManagerToken();

        var first = await service.Get(path, manager);
        Assert.Equal(["europe", "americas"], first["billingScopes"]!.AsArray().Select(s => (string)s!["packages"]![0]!["packageId"]!).Reverse());
        Assert.Equal(("north", "a"), Selected(first));
        Assert.Equal(["AddOn CustomerSuccessAccountManager", "AddOn IncidentManager"], Contacts(first));
        Assert.Equal("+1 425 555 0100", (string?)first["contacts"]![0]!["phone"]);
        Assert.Equal(["name", "url"], first["microsoftSupport"]!.AsObject().Select(m => m.Key));
        Assert.Null(first["reason"]);

        var other = await service.Get($"{path}?billingAccountId=north&billingProfileId=b", manager);
        Assert.Equal(("north", "b"), Selected(other));
        Assert.Equal(["EnterpriseWide CustomerSuccessAccountManager", "EnterpriseWide IncidentManager"], Contacts(other));

        var whole = await service.Get($"{path}?billingAccountId=north", manager);
        Assert.Equal(("north", null), Selected(whole));
        Assert.Equal(4, whole["contacts"]!.AsArray().Count);

        var home = await service.Get(path.Replace("/account-team", "/home", StringComparison.Ordinal), manager);
        Assert.True(JsonNode.DeepEquals(first, home["accountTeam"]));
    }

    [Fact]
    public async Task Group_reads_a_profile_until_it_is_removed_as_a_reader()
    {
        var (team, person) = (service.NewTeam(), service.NewPerson());
        var path = await Put(Reader("north", "b", groupId: team));
        await service.Join(team, person);
        await service.Grant(path.Split('/')[3], team, Roles.User);
        var token = await service.NewerToken(person);

        Assert.Equal(("north", "b"), Selected(await service.Get(path, token)));
        await Refused($"{path}?billingAccountId=north&billingProfileId=a", token);

        // With the same token, as soon as the agreement is updated.
        await Put();
        Assert.Equal(["microsoftSupport", "reason"], (await service.Get(path, token)).AsObject().Select(m => m.Key));
        await Refused($"{path}?billingAccountId=north&billingProfileId=b", token);
    }

    [Fact]
    public async Task Person_without_billing_access_gets_only_support_and_learns_of_no_account()
    {
        var path = await Put(Reader("north", null, userId: Guid.NewGuid()));
        var manager = await service.ManagerToken();

        var answer = await service.Get(path, manager);
        Assert.Equal("NoBillingAccess", (string?)answer["reason"]);
        Assert.Equal(["microsoftSupport", "reason"], answer.AsObject().Select(m => m.Key));
        var refusals = new HashSet<string>();
        foreach (var scope in (string[])["north", "north&billingProfileId=a", "nobody's", new('x', 100)])
        {
            refusals.Add(await Refused($"{path}?billingAccountId={scope}", manager));
        }

        Assert.Single(refusals);
    }

    [Fact]
    public async Task Profile_needs_its_account_and_ids_have_a_maximum_length()
    {
        var path = await Put();
        var rows = new Rows();
        foreach (var (query, field) in ((string, string)[])
            [("billingProfileId=a", "billingAccountId"), ($"billingAccountId={new string('x', 101)}", "billingAccountId"), ("billingAccountId=a&billingAccountId=b", "billingAccountId"), ("billingAccountId=a&billingProfileId=%00", "billingProfileId")])
        {
            await rows.Try(query, async () =>
            {
                using var response = await service.Send(HttpMethod.Get, $"{path}?{query}", await service.ManagerToken());
                await response.IsProblem(400, "invalid-request", field);
            });
        }

        rows.AllHold();
    }

    private static (string?, string?) Selected(JsonNode team) =>
        ((string?)team["selected"]!["billingAccountId"], (string?)team["selected"]!["billingProfileId"]);

    private static IEnumerable<string> Contacts(JsonNode team) =>
        team["contacts"]!.AsArray().Select(c => $"{c!["packageKind"]} {c["role"]}").Order(StringComparer.Ordinal);

    private static JsonObject Reader(string account, string? profile, Guid? userId = null, Guid? groupId = null)
    {
        var reader = new JsonObject { ["billingAccountId"] = account, ["tenantId"] = TestDirectory.Contoso };
        foreach (var (name, value) in ((string, string?)[])[("billingProfileId", profile), ("userId", userId?.ToString()), ("groupId", groupId?.ToString())])
        {
            if (value is not null)
            {
                reader[name] = value;
            }
        }

        return reader;
    }

    /// <summary>
    /// Creates an agreement with an add-on billed to profile a and an enterprise-wide package billed to b; returns the path
    /// of its workspace's team.
    /// </summary>
    private async Task<string> Put(params JsonNode[] readers)
    {
        var agreement = RunningService.Agreement();
        foreach (var contact in agreement["contacts"]!.AsArray())
        {
            (contact!["isPrimary"], contact["phone"]) = (true, "+1 425 555 0100");
        }

        agreement["packages"] = new JsonArray(Package("americas", "AddOn", "a"), Package("europe", "EnterpriseWide", "b"));
        agreement["billingReaders"] = new JsonArray(readers);
        var answer = await service.Json(HttpMethod.Put, $"/v1/agreements/{agreementId}", await service.AppToken(), agreement);
        return $"/v1/workspaces/{answer["workspaces"]![0]!["workspaceId"]}/account-team";
    }

    private static JsonObject Package(string id, string kind, string profile)
    {
        var package = RunningService.Package(id);
        (package["kind"], package["billingAccountId"], package["billingProfileId"]) = (kind, "north", profile);
        return package;
    }

    private async Task<string> Refused(string path, string token)
    {
        using var response = await service.Send(HttpMethod.Get, path, token);
        var problem = await response.IsProblem(403, "billing-access");
        problem.Remove("traceId");
        return problem.ToJsonString();
    }
}
