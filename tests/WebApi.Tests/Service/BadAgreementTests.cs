using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests agreements that are malformed, out of range, or against a rule.</summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class BadAgreementTests(RunningService service)
{
    private static readonly string[] dates =
        ["\"2026-13-01\"", "\"2026-02-30\"", "\"10000-01-01\"", "\"tomorrow\"", "\"\"", "\"01/02/2026\"", "\"2026-12-01T00:00:00+01:00\"", "\"2026-12-01T00:00:00Z\"", "\" 2026-12-01\"", "\"2026-1-1\"", "20260101", "null", "[]"];

    private static readonly string[] texts =
        ["null", "5", "[]", "\"\"", "\"  \"", "\"a\\u0000b\"", "\"a\\nb\"", "\"a\\ud800\""];

    private static readonly string[] guids =
        ["null", "5", "\"x\"", "\"c0000000000040008000000000000000\"", "\"{c0000000-0000-4000-8000-000000000000}\"", "\" c0000000-0000-4000-8000-000000000000\""];

    [Fact]
    public async Task Every_field_is_checked_and_named()
    {
        var rows = new List<(string Path, string Json, string Field)>();
        foreach (var path in (string[])["name", "organization.name", "contacts[0].displayName", "contacts[0].email", "packages[0].name", "packages[0].packageId", "packages[0].billingAccountId", "packages[0].billingProfileId"])
        {
            rows.AddRange([.. texts, Long(321)], path);
        }

        foreach (var path in (string[])["organization.tenantId", "contacts[0].tenantId", "contacts[1].userId"])
        {
            rows.AddRange(guids, path);
        }

        foreach (var path in (string[])["startDate", "endDate", "packages[0].startDate", "packages[0].endDate"])
        {
            rows.AddRange(dates, path);
        }

        rows.AddRange(["null", "1", "\"1\"", "\"workload\"", "\"Other\"", "[\"Workload\"]"], "agreementType");
        rows.AddRange(["null", "1", "\"0\"", "\"addOn\"", "\"Other\""], "packages[0].kind");
        rows.AddRange(["null", "2", "\"2\"", "\"Administrator\"", "\"User\"", "\"incidentManager\"", "\"IncidentManager,CustomerSupportManager\""], "contacts[0].role");
        rows.AddRange(["\"contoso.example\"", "\"@\"", "\"a@\"", "\"@b\"", "\"a@b@c\"", "\"a b@c\"", "\"a@b c\"", "\"a@\\u00a0c\"", "\"a@b\\u0007\"", Long(320)], "contacts[0].email");
        rows.AddRange(["5", "\"\"", "\"a\\u0000\"", Long(51)], "contacts[0].phone");
        rows.AddRange(["\"true\"", "1", "[]"], "contacts[0].isPrimary");
        rows.AddRange(["-1", "1000001", "\"5\"", "1e300", "[]", "true"], "packages[0].hoursPurchased");
        rows.AddRange(["\"a b\"", "\"ä\"", "\"a/b\"", Long(65)], "packages[0].packageId");
        rows.AddRange(["5", "\"x\"", "[]", "null"], "organization");
        rows.AddRange(["5", "\"x\"", "{}"], "contacts");
        rows.AddRange(["5", "\"x\"", "{}"], "packages");
        rows.AddRange(["5", "\"x\"", "{}"], "billingReaders");
        rows.AddRange(["5", "null", "[]"], "contacts[1]");
        rows.AddRange(["5", "null", "[]"], "packages[0]");
        rows.Add(("endDate", "\"2019-12-31\"", "endDate"));
        rows.Add(("packages[0].endDate", "\"2019-12-31\"", "packages[0].endDate"));
        rows.Add(("billingReaders", "[5]", "billingReaders[0]"));
        rows.Add(("billingReaders", "[{}]", "billingReaders[0].billingAccountId"));
        rows.Add(("billingReaders", "[{}]", "billingReaders[0].tenantId"));
        rows.Add(("billingReaders", Reader(""), "billingReaders[0].userId"));
        rows.Add(("billingReaders", Reader($",\"userId\":\"{TestDirectory.Contoso}\",\"groupId\":\"{TestDirectory.Contoso}\""), "billingReaders[0].userId"));
        rows.Add(("billingReaders", Reader(",\"userId\":\"x\""), "billingReaders[0].userId"));
        rows.Add(("billingReaders", Reader(",\"groupId\":5"), "billingReaders[0].groupId"));

        await AllRefused(rows.Select(r => ($"{r.Path} = {(r.Json.Length > 60 ? r.Json[..60] : r.Json)}", With(r.Path, r.Json), r.Field)));

        static string Reader(string more) => $"[{{\"billingAccountId\":\"a\",\"tenantId\":\"{TestDirectory.Contoso}\"{more}}}]";
    }

    [Fact]
    public async Task Duplicate_and_too_many_entries_are_refused()
    {
        var valid = RunningService.Agreement().ToJsonString();
        var contact = RunningService.Contact(Roles.CustomerSupportManager, TestDirectory.Contoso).ToJsonString();
        var package = RunningService.Package("one").ToJsonString();
        var reader = $"{{\"billingAccountId\":\"a\",\"tenantId\":\"{TestDirectory.Contoso}\",\"userId\":\"{TestDirectory.Contoso}\"}}";
        await AllRefused(
        [
            ("a contact twice in a role", With("contacts", $"[{contact},{contact}]"), "contacts[1].userId"),
            ("a package twice", With("packages", $"[{package},{package}]"), "packages[1].packageId"),
            ("101 contacts", With("contacts", $"[{string.Join(',', Enumerable.Repeat(contact, 101))}]"), "contacts"),
            ("101 packages", With("packages", $"[{string.Join(',', Enumerable.Repeat(package, 101))}]"), "packages"),
            ("501 readers", With("billingReaders", $"[{string.Join(',', Enumerable.Repeat(reader, 501))}]"), "billingReaders"),
            ("a name twice", valid[..^1] + ",\"name\":\"again\"}", "name"),
            ("a contact's role twice", valid.Replace("\"role\":\"IncidentManager\"", "\"role\":\"IncidentManager\",\"role\":\"IncidentManager\"", StringComparison.Ordinal), "contacts[2].role"),
            ("an organization twice", valid[..^1] + ",\"organization\":{}}", "organization"),
            ("a workload without packages", With("agreementType", "\"Workload\"").Replace(RunningService.Package("contoso-unified").ToJsonString(), "", StringComparison.Ordinal), "packages"),
        ]);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData(null)]
    [InlineData("others")]
    public async Task New_agreement_needs_a_support_manager_and_an_update_cannot_remove_the_last(string? contacts)
    {
        var app = await service.AppToken();
        var body = RunningService.Agreement();
        if (contacts == "others")
        {
            body["contacts"]!.AsArray().RemoveAt(0);
        }
        else
        {
            body.Remove("contacts");
            if (contacts is not null)
            {
                body["contacts"] = JsonNode.Parse(contacts);
            }
        }

        var path = $"/v1/agreements/{service.NewAgreementId()}";
        using (var created = await service.Send(HttpMethod.Put, path, app, body.DeepClone()))
        {
            await created.IsProblem(400, "invalid-request", "contacts");
        }

        using (var missing = await service.Send(HttpMethod.Get, path, app))
        {
            await missing.IsProblem(404, "agreement-not-found");
        }

        await service.Json(HttpMethod.Put, path, app, RunningService.Agreement());
        var before = await Read(path);
        using (var updated = await service.Send(HttpMethod.Put, path, app, body.DeepClone()))
        {
            await updated.IsProblem(409, "last-administrator");
        }

        Assert.Equal(before, await Read(path));
    }

    [Theory]
    [InlineData("organization.tenantId", $"\"{TestDirectory.Fabrikam}\"", "organization-fixed")]
    [InlineData("agreementType", "\"DigitalNativeSupport\"", "agreement-type-fixed")]
    [InlineData("agreementType", "\"Workload\"", "agreement-type-fixed")]
    public async Task Identity_of_an_agreement_cannot_change(string path, string json, string slug)
    {
        var app = await service.AppToken();
        var address = $"/v1/agreements/{service.NewAgreementId()}";
        await service.Json(HttpMethod.Put, address, app, RunningService.Agreement());
        var before = await Read(address);
        using var response = await service.Send(HttpMethod.Put, address, app, With(path, json));
        await response.IsProblem(409, slug);
        Assert.Equal(before, await Read(address));
    }

    private static string Long(int length) => $"\"{new string('a', length)}\"";

    /// <summary>Returns a valid agreement with one value changed.</summary>
    private static string With(string path, string json)
    {
        var agreement = RunningService.Agreement();
        JsonNode node = agreement;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        foreach (var step in steps[..^1])
        {
            node = step[0] == '[' ? node[step[1] - '0']! : node[step]!;
        }

        if (steps[^1][0] == '[')
        {
            node[steps[^1][1] - '0'] = "\u0001";
        }
        else
        {
            node[steps[^1]] = "\u0001";
        }

        return agreement.ToJsonString().Replace("\"\\u0001\"", json, StringComparison.Ordinal);
    }

    private async Task<(string? Tag, string Body)> Read(string path)
    {
        using var response = await service.Send(HttpMethod.Get, path, await service.AppToken());
        return (response.Headers.ETag?.Tag, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Asserts that each body is refused, both for a new agreement and for an update.</summary>
    private async Task AllRefused(IEnumerable<(string Row, string Body, string Field)> bodies)
    {
        var app = await service.AppToken();
        var (absent, there) = ($"/v1/agreements/{service.NewAgreementId()}", $"/v1/agreements/{service.NewAgreementId()}");
        await service.Json(HttpMethod.Put, there, app, RunningService.Agreement());
        var before = await Read(there);
        var rows = new Rows();
        foreach (var (row, body, field) in bodies)
        {
            foreach (var path in (string[])[absent, there])
            {
                await rows.Try(row, async () =>
                {
                    using var response = await service.Send(HttpMethod.Put, path, app, body);
                    await response.IsProblem(400, "invalid-request", field);
                });
            }
        }

        rows.AllHold();
        Assert.Equal(before, await Read(there));
        using var missing = await service.Send(HttpMethod.Get, absent, app);
        await missing.IsProblem(404, "agreement-not-found");
    }
}

internal static class BadAgreementRows
{
    /// <summary>Adds several values for one field, which the error names by its path.</summary>
    public static void AddRange(this List<(string Path, string Json, string Field)> rows, IEnumerable<string> values, string path) =>
        rows.AddRange(values.Select(v => (path, v, path)));
}
