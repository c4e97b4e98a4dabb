using System.Text.Json;
using System.Text.Json.Nodes;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Agreements;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Requests;

namespace EngageCenter.WebApi.Tests.Agreements;

public sealed class AgreementRequestTests
{
    private const string Valid = """
        {
          "name": " Contoso ", "agreementType": "Workload", "organization": { "tenantId": "c0000000-0000-4000-8000-000000000000", "name": "Contoso" },
          "startDate": "2026-01-01", "endDate": "2026-12-31", "unknown": [],
          "contacts": [ { "role": "CustomerSupportManager", "tenantId": "c0000000-0000-4000-8000-000000000000", "userId": "c0000000-0000-4000-8000-000000000101", "displayName": "Ann", "email": "ann@contoso.example", "phone": "+1", "isPrimary": true } ],
          "packages": [ { "packageId": "p-1", "kind": "AddOn", "name": "Azure", "startDate": "2026-01-01", "endDate": "2026-01-01", "billingAccountId": "BA", "billingProfileId": "BP", "hoursPurchased": 12.5 } ],
          "billingReaders": [ { "billingAccountId": "BA", "tenantId": "c0000000-0000-4000-8000-000000000000", "groupId": "c0000000-0000-4000-8000-000000000206" } ]
        }
        """;

    [Fact]
    public void Valid_agreement_is_read_completely()
    {
        var agreement = Read(Valid).ToAgreement();

        Assert.Equal(("Contoso", AgreementType.Workload, new DateOnly(2026, 1, 1), new DateOnly(2026, 12, 31)),
            (agreement.Name, agreement.AgreementType, agreement.StartDate, agreement.EndDate));
        var contact = Assert.Single(agreement.Contacts);
        Assert.Equal((Roles.CustomerSupportManager, "Ann", "+1", true), (contact.Role, contact.DisplayName, contact.Phone, contact.IsPrimary));
        Assert.Equal(12.5m, Assert.Single(agreement.Packages).HoursPurchased);
        Assert.Null(Assert.Single(agreement.BillingReaders).BillingProfileId);
    }

    [Theory]
    [InlineData("A-", "A+")]
    [InlineData("A- B-", "A+ B+")]
    [InlineData("A- A-", "A A")]
    [InlineData("A+ A-", "A+ A")]
    [InlineData("A-false", "A")]
    [InlineData("A-false A- B-", "A A B+")]
    [InlineData("A-null", "A+")]
    public void Only_contact_of_a_role_is_primary_unless_the_request_says_otherwise(string sent, string read)
    {
        var body = JsonNode.Parse(Valid)!;
        var contacts = new JsonArray();
        foreach (var (index, contact) in sent.Split(' ').Index())
        {
            var node = body["contacts"]![0]!.DeepClone().AsObject();
            node["role"] = contact[0] == 'A' ? "CustomerSupportManager" : "IncidentManager";
            node["userId"] = $"c0000000-0000-4000-8000-00000000010{index}";
            node.Remove("isPrimary");
            if (contact[1..] is not "-" and var said)
            {
                node["isPrimary"] = said switch { "+" => true, "-false" => false, _ => null };
            }

            contacts.Add(node);
        }

        body["contacts"] = contacts;

        var agreement = Read(body.ToJsonString()).ToAgreement();

        Assert.Equal(read, string.Join(' ', agreement.Contacts.Select(c => $"{(c.Role == Roles.CustomerSupportManager ? 'A' : 'B')}{(c.IsPrimary ? "+" : "")}")));
    }

    [Theory]
    [InlineData("name", "\"\"", "name")]
    [InlineData("name", "null", "name")]
    [InlineData("agreementType", "\"workload\"", "agreementType")]
    [InlineData("agreementType", "2", "agreementType")]
    [InlineData("organization", "\"Contoso\"", "organization")]
    [InlineData("organization", "{}", "organization.name organization.tenantId")]
    [InlineData("startDate", "\"2026-02-30\"", "startDate")]
    [InlineData("startDate", "20260101", "startDate")]
    [InlineData("endDate", "\"2025-12-31\"", "endDate")]
    [InlineData("contacts", "{}", "contacts")]
    [InlineData("contacts", "[1]", "contacts[0]")]
    [InlineData("contacts[0].role", "\"User\"", "contacts[0].role")]
    [InlineData("contacts[0].role", "\"CustomerSupportManager, IncidentManager\"", "contacts[0].role")]
    [InlineData("contacts[0].tenantId", "\"contoso\"", "contacts[0].tenantId")]
    [InlineData("contacts[0].email", "\"ann\"", "contacts[0].email")]
    [InlineData("contacts[0].isPrimary", "1", "contacts[0].isPrimary")]
    [InlineData("packages", "[]", "packages")]
    [InlineData("packages", "null", "packages")]
    [InlineData("packages[0].packageId", "\"a/b\"", "packages[0].packageId")]
    [InlineData("packages[0].kind", "0", "packages[0].kind")]
    [InlineData("packages[0].endDate", "\"2025-12-31\"", "packages[0].endDate")]
    [InlineData("packages[0].billingAccountId", "\" \"", "packages[0].billingAccountId")]
    [InlineData("packages[0].hoursPurchased", "-1", "packages[0].hoursPurchased")]
    [InlineData("packages[0].hoursPurchased", "1000000.01", "packages[0].hoursPurchased")]
    [InlineData("packages[0].hoursPurchased", "1e400", "packages[0].hoursPurchased")]
    [InlineData("packages[0].hoursPurchased", "\"5\"", "packages[0].hoursPurchased")]
    [InlineData("billingReaders[0].groupId", "null", "billingReaders[0].userId")]
    [InlineData("billingReaders[0].userId", "\"c0000000-0000-4000-8000-000000000101\"", "billingReaders[0].userId")]
    public void Wrong_value_is_named(string path, string value, string fields) => Assert.Equal(fields, Errors(With(path, value)));

    [Fact]
    public void All_errors_are_reported_together() => Assert.Equal(
        "agreementType contacts[0].displayName contacts[0].email contacts[0].role contacts[0].tenantId contacts[0].userId endDate name organization packages[0] startDate",
        Errors("""{ "contacts": [{ "displayName": "" }], "packages": [null] }"""));

    [Fact]
    public void Person_may_be_a_contact_in_two_roles_but_not_twice_in_one()
    {
        Assert.Equal("contacts[1].userId", Errors(Twice("contacts", _ => { })));
        Assert.Equal("", Errors(Twice("contacts", c => c["role"] = "IncidentManager")));
    }

    [Fact]
    public void Same_package_twice_is_refused() => Assert.Equal("packages[1].packageId", Errors(Twice("packages", _ => { })));

    [Theory]
    [InlineData("contacts", 100)]
    [InlineData("packages", 100)]
    [InlineData("billingReaders", 500)]
    public void Lists_have_a_maximum_length(string list, int limit)
    {
        var document = JsonNode.Parse(Valid)!;
        var one = document[list]![0]!;
        document[list] = new JsonArray([.. Enumerable.Range(0, limit + 1).Select(_ => one.DeepClone())]);

        Assert.Equal(list, Errors(document.ToJsonString()));
    }

    private static string With(string path, string value)
    {
        var document = JsonNode.Parse(Valid)!;
        var steps = path.Replace("[0]", ".0", StringComparison.Ordinal).Split('.');
        var parent = steps[..^1].Aggregate(document, (node, step) => step == "0" ? node[0]! : node[step]!);
        parent[steps[^1]] = JsonNode.Parse(value);
        return document.ToJsonString();
    }

    private static string Twice(string list, Action<JsonNode> change)
    {
        var document = JsonNode.Parse(Valid)!;
        var second = document[list]![0]!.DeepClone();
        change(second);
        document[list]!.AsArray().Add(second);
        return document.ToJsonString();
    }

    private static string Errors(string json)
    {
        var errors = new RequestErrors();
        try
        {
            new AgreementValidator().Validate(Read(json)).Errors.ForEach(fault => errors.Add(fault.PropertyName, fault.ErrorMessage));
        }
        catch (JsonException wrong)
        {
            errors = RequestErrors.Of(new("", wrong));
        }

        return string.Join(' ', errors.ToDictionary().Keys.Order(StringComparer.Ordinal));
    }

    private static AgreementRequest Read(string json) => JsonSerializer.Deserialize<AgreementRequest>(json, WireJson.Options)!;
}
