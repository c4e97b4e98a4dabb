using EngageCenter.Agreements;
using EngageCenter.Workspaces;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Agreements;

public sealed class AgreementEndpointsTests : IAsyncLifetime
{
    private const string AppRole = "Agreements.ReadWrite.All";
    private const string Manager = """{ "role": "CustomerSupportManager", "tenantId": "c0000000-0000-4000-8000-000000000000", "userId": "c0000000-0000-4000-8000-000000000101", "displayName": "Ann", "email": "ann@contoso.example" }""";

    private RunningWebApi api = null!;

    public async Task InitializeAsync()
    {
        api = await RunningWebApi.StartAsync();
        Holds(null);
    }

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task New_agreement_is_created_and_returned()
    {
        Answers(PutAgreementStatus.Created);

        var answer = await Put(Manager);

        Assert.Equal(201, answer.Status);
        Assert.Equal(("/v1/agreements/a-1", "\"4\""), (answer.Headers["Location"], answer.Headers["ETag"]));
        Assert.Equal(
            """{"agreementId":"a-1","name":"Contoso","agreementType":"EnterpriseSupportMca","organization":{"tenantId":"c0000000-0000-4000-8000-000000000000","name":"Contoso"},"startDate":"2026-01-01","endDate":"2026-12-31","contacts":[{"role":"CustomerSupportManager","tenantId":"c0000000-0000-4000-8000-000000000000","userId":"c0000000-0000-4000-8000-000000000101","displayName":"Ann","email":"ann@contoso.example","isPrimary":true}],"packages":[],"billingReaders":[],"status":"Active","workspaces":[{"workspaceId":"w","name":"Contoso"}]}""",
            answer.Body);
    }

    [Fact]
    public async Task New_agreement_without_a_support_manager_is_invalid_and_such_an_update_is_refused()
    {
        Answers(PutAgreementStatus.AdministratorRequired);
        var created = await Put("");
        Answers(PutAgreementStatus.LastAdministrator);
        var updated = await Put("");

        Assert.Equal((400, "contacts"), (created.Status, Assert.Single(created.ErrorFields)));
        Assert.Equal((409, "last-administrator"), (updated.Status, updated.Slug));
    }

    [Theory]
    [InlineData(PutAgreementStatus.OrganizationFixed, 409, "organization-fixed")]
    [InlineData(PutAgreementStatus.AgreementTypeFixed, 409, "agreement-type-fixed")]
    [InlineData(PutAgreementStatus.TooManyWorkspaces, 409, "too-many-workspaces")]
    [InlineData(PutAgreementStatus.TooManyWorkspacesInAgreement, 409, "too-many-workspaces-in-agreement")]
    [InlineData(PutAgreementStatus.TooManyTenants, 409, "too-many-tenants")]
    [InlineData(PutAgreementStatus.VersionMismatch, 412, "precondition-failed")]
    public async Task Refused_agreement_gives_the_reason(PutAgreementStatus outcome, int status, string slug)
    {
        Answers(outcome);

        var answer = await Put(Manager);

        Assert.Equal((status, slug), (answer.Status, answer.Slug));
    }

    [Fact]
    public async Task One_current_version_in_If_Match_is_enough()
    {
        PutAgreement? put = null;
        Answers(PutAgreementStatus.Updated, command => put = command);
        Holds(View(new("Contoso", AgreementType.EnterpriseSupportMca, new(Tenant, "Contoso"), default, default, [], [], [])));

        await Put(Manager, ("If-Match", "\"3\", \"4\""));

        Assert.Equal(new Paging.IfMatch(4), put!.Condition);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    public async Task Id_that_needs_escaping_is_400(string method)
    {
        var answer = await api.SendAsync(method, "/v1/agreements/a%20b", ApplicationToken(AppRole), method == "GET" ? null : "{}");

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Slug));
        Assert.Contains("agreementId", answer.ErrorFields);
    }

    [Fact]
    public async Task Unknown_agreement_is_404()
    {
        var answer = await api.SendAsync("GET", "/v1/agreements/a-1", ApplicationToken(AppRole));

        Assert.Equal((404, "agreement-not-found"), (answer.Status, answer.Slug));
    }

    private void Holds(AgreementView? view) => api.Grains.On<IAgreementGrain>("Get", _ => Task.FromResult(view));

    private void Answers(PutAgreementStatus status, Action<PutAgreement>? seen = null) => api.Grains.On<IAgreementGrain>("Put", a =>
    {
        var (actor, command) = ((Actor)a[0]!, (PutAgreement)a[1]!);
        Assert.Equal(ActorKind.Application, actor.Kind);
        seen?.Invoke(command);
        return Task.FromResult(new PutAgreementOutcome(status, View(command.Agreement)));
    });

    private static AgreementView View(Agreement agreement) => new("a-1", agreement, AgreementStatus.Active, [new("w", "Contoso")], 4);

    private Task<Answer> Put(string contact, params (string, string)[] headers) => api.SendAsync("PUT", "/v1/agreements/a-1", ApplicationToken(AppRole),
        $$"""
        {
          "name": "Contoso", "agreementType": "EnterpriseSupportMca", "organization": { "tenantId": "c0000000-0000-4000-8000-000000000000", "name": "Contoso" },
          "startDate": "2026-01-01", "endDate": "2026-12-31", "contacts": [{{contact}}]
        }
        """, "application/json", headers);
}
