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
    public async Task A_new_agreement_is_created_and_told_back()
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
    public async Task Without_a_support_manager_a_new_agreement_is_not_valid_and_an_update_is_refused()
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
    public async Task A_refused_agreement_says_why(PutAgreementStatus outcome, int status, string slug)
    {
        Answers(outcome);

        var answer = await Put(Manager);

        Assert.Equal((status, slug), (answer.Status, answer.Slug));
    }

    [Fact]
    public async Task Of_several_versions_that_a_client_knows_the_current_one_counts()
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
    public async Task An_id_that_would_need_escaping_is_400(string method)
    {
        var answer = await api.SendAsync(method, "/v1/agreements/a%20b", ApplicationToken(AppRole), method == "GET" ? null : "{}");

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Slug));
        Assert.Contains("agreementId", answer.ErrorFields);
    }

    [Fact]
    public async Task An_agreement_that_is_not_there_is_404()
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
