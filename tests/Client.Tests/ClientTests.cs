using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using EngageCenter.Service;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Abstractions.Serialization;
using Microsoft.Kiota.Http.HttpClientLibrary;

namespace EngageCenter.Client.Tests;

/// <summary>The client that is generated from the OpenAPI document, against the service that the document describes.</summary>
public sealed class ClientTests(ClientTests.Service service) : IClassFixture<ClientTests.Service>
{
    private static readonly Guid contoso = new("c0000000-0000-4000-8000-000000000000");
    private static readonly Guid adele = new("c0000000-0000-4000-8000-000000000101");
    private static readonly Guid group = new("c0000000-0000-4000-8000-000000000206");

    [Fact]
    public async Task A_created_agreement_is_read_with_its_dates_contacts_and_workspaces()
    {
        var (agreement, _) = await Agreement("created");

        Assert.Equal(("created", "Contoso", AgreementType.EnterpriseSupportMca, AgreementStatus.Active), (agreement.AgreementId, agreement.Name, agreement.AgreementType, agreement.Status));
        Assert.Equal((new Date(2020, 1, 1), new Date(2099, 12, 31)), (agreement.StartDate!.Value, agreement.EndDate!.Value));
        Assert.Equal((contoso, adele, Roles.CustomerSupportManager, true), agreement.Contacts![0] is var c ? (c.TenantId, c.UserId, c.Role, c.IsPrimary) : default);
        Assert.Equal(40.5, Assert.Single(agreement.Packages!).HoursPurchased);
        Assert.Equal("Contoso", Assert.Single(agreement.Workspaces!).Name);
        Assert.Equal(agreement.Workspaces![0].WorkspaceId, (await service.Application.V1.Agreements["created"].GetAsync())!.Workspaces![0].WorkspaceId);
    }

    [Fact]
    public async Task The_caller_and_their_workspaces_are_read()
    {
        var (_, workspace) = await Agreement("mine");
        var opened = await service.Adele.V1.Me.CurrentWorkspace.PutAsync(new() { WorkspaceId = workspace });
        Assert.Equal((workspace, true, true), (opened!.WorkspaceId, opened.IsCurrent, opened.HasBeenAccessed));
        Assert.NotNull(opened.LastAccessedAt);

        var me = await service.Adele.V1.Me.GetAsync();
        Assert.Equal((adele, contoso, UserType.Member, workspace), (me!.UserId, me.TenantId, me.UserType, me.LastAccessedWorkspaceId));
        Assert.Contains((await service.Adele.V1.Me.Workspaces.GetAsync())!.Value!, w => w.WorkspaceId == workspace && w.Roles!.Contains("CustomerSupportManager"));
    }

    [Fact]
    public async Task The_landing_page_is_read_with_a_workspace_and_without_one()
    {
        var (_, workspace) = await Agreement("home");
        await service.Adele.V1.Me.CurrentWorkspace.PutAsync(new() { WorkspaceId = workspace });

        var home = await service.Adele.V1.Me.Home.GetAsync();
        Assert.Equal((workspace, null), (home!.Workspace!.WorkspaceId, home.Reason));
        Assert.Contains("SupportInsights", home.Capabilities!);
        Assert.Equal(0, home.SupportInsights!.Opened);
        Assert.Equal(workspace, (await service.Adele.V1.Workspaces[workspace].Home.GetAsync())!.Workspace!.WorkspaceId);

        var none = await service.Person(Guid.NewGuid(), Guid.NewGuid()).V1.Me.Home.GetAsync();
        Assert.Equal((null, "NoWorkspaces"), (none!.Workspace, none.Reason));
    }

    [Fact]
    public async Task Group_is_granted_and_revoked_and_its_members_see_their_rights()
    {
        var (_, workspace) = await Agreement("groups");
        var of = service.Adele.V1.Workspaces[workspace];
        var granted = await of.Groups[$"{group}"].PutAsync(new() { DisplayName = "Support", Roles = [PutGroupRequest_roles.SupportUser] });
        Assert.Equal((group, "Support", ActorKind.User), (granted!.GroupId, granted.DisplayName, granted.GrantedBy!.Kind));

        var member = service.Person(contoso, Guid.NewGuid(), group).V1.Workspaces[workspace];
        var answer = await member.Permissions.Check.PostAsync(new() { Permissions = [CheckRequest_permissions.ViewSupportInsights, CheckRequest_permissions.RenameSpace] });
        Assert.Equal([("ViewSupportInsights", true), ("RenameSpace", false)], answer!.Results!.Select(r => (r.Permission, r.Allowed == true)));
        Assert.Equal((RoleSource.EntraGroup, $"{group}"), answer.Results![0].Because![0] is var why ? (why.Source, why.SourceId) : default);

        await of.Groups[$"{group}"].DeleteAsync();
        Assert.Equal(404, (await Assert.ThrowsAsync<Problem>(() => member.GetAsync())).Status);

        var events = await of.AuditEvents.GetAsync();
        Assert.Equal([AuditAction.GroupRevoked, AuditAction.GroupGranted, AuditAction.WorkspaceCreated], events!.Value!.Select(e => e.Action!.Value));
        Assert.Equal((true, "Support"), (events.Value![0].After is null or UntypedNull, Text(events.Value[0].Before, "displayName")));

        // Text is as it was given, also where it looks like a date.
        foreach (var name in (string[])["2026-07-01", "2026-07-01T08:00:00+02:00", "17", "c0000000-0000-4000-8000-000000000206"])
        {
            await of.Groups[$"{group}"].PutAsync(new() { DisplayName = name, Roles = [PutGroupRequest_roles.SupportUser] });
            Assert.Equal(name, Text((await of.AuditEvents.GetAsync())!.Value![0].After, "displayName"));
        }

        static string Text(UntypedNode? values, string name) => ((UntypedString)((UntypedObject)values!).GetValue()[name]).GetValue()!;
    }

    [Fact]
    public async Task A_list_is_read_to_its_last_page()
    {
        var (_, workspace) = await Agreement("cases");
        var posted = await service.Application.V1.Workspaces[workspace].SupportCases.PostAsync(new()
        {
            Value = [.. Enumerable.Range(0, 5).Select(n => Case($"CASE-{n}")), new() { CaseId = "bad", Title = "Too little" }],
        });
        Assert.Equal((5, 0, 1), (posted!.Applied, posted.Ignored, posted.RejectedCount));
        Assert.Equal((5, "bad"), Assert.Single(posted.Rejected!) is var rejected ? (rejected.Index, rejected.CaseId) : default);
        Assert.Contains("createdAt", posted.Rejected![0].Errors!.AdditionalData.Keys);

        var list = service.Adele.V1.Workspaces[workspace].SupportCases;
        List<CaseJson> all = [];
        await foreach (var one in service.Adele.ItemsAsync(list.ToGetRequestInformation(r => r.QueryParameters.PageSize = 2), ListResponseOfCaseJson.CreateFromDiscriminatorValue))
        {
            all.Add(one);
        }

        Assert.Equal(["CASE-0", "CASE-1", "CASE-2", "CASE-3", "CASE-4"], all.Select(c => c.CaseId));
        Assert.Equal((3L, CaseJson_severity.One, CaseJson_status.New, new DateTimeOffset(2026, 7, 1, 8, 0, 0, TimeSpan.Zero)), (all[0].Revision, all[0].Severity, all[0].Status, all[0].CreatedAt));

        var insights = await service.Adele.V1.Workspaces[workspace].SupportInsights.GetAsync(r => r.QueryParameters.From = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(5, insights!.BySeverity!.Single(s => s.Severity == CaseSeverity.One).Count);
    }

    [Fact]
    public async Task Affected_objects_are_read_as_a_number_and_as_names()
    {
        var (_, workspace) = await Agreement("assessed");
        var technology = service.Account.V1.Workspaces[workspace].Assessments["EntraId"];
        var run = await technology.Runs.PostAsync();
        await service.Application.V1.Workspaces[workspace].Assessments["EntraId"].Runs[run!.RunId!].Results.PutAsync(new()
        {
            Status = PutResultsRequest_status.Completed,
            Recommendations = [Recommendation("a", new UntypedInteger(3)), Recommendation("b", new UntypedArray([new UntypedString("server-1")])), Recommendation("c", null)],
        });

        var read = (await technology.Recommendations.GetAsync())!.Value!.ToDictionary(r => r.RecommendationId!, r => r.AffectedObjects);
        Assert.Equal(3, Convert.ToInt32(((UntypedNode)read["a"]!) switch { UntypedInteger n => n.GetValue(), UntypedLong n => n.GetValue(), UntypedDecimal n => n.GetValue(), _ => -1 }, CultureInfo.InvariantCulture));
        Assert.Equal("server-1", ((UntypedString)Assert.Single(((UntypedArray)read["b"]!).GetValue())).GetValue());
        Assert.True(read["c"] is null or UntypedNull);
    }

    [Fact]
    public async Task A_refusal_is_an_exception_with_the_problem()
    {
        var invalid = await Assert.ThrowsAsync<Problem>(() => service.Application.V1.Agreements["bad"].PutAsync(new() { Name = "" }));
        Assert.Equal((400, Problem_type.ProblemsInvalidRequest), (invalid.Status, invalid.Type));
        Assert.Contains("agreementType", invalid.Errors!.AdditionalData.Keys);
        Assert.NotEmpty(invalid.TraceId!);

        var (_, workspace) = await Agreement("refused");
        var forbidden = await Assert.ThrowsAsync<Problem>(() => service.Adele.V1.Workspaces[workspace].Assessments.GetAsync());
        Assert.Equal((403, "AccessAssessments"), (forbidden.Status, forbidden.Permission));
        var stale = await Assert.ThrowsAsync<Problem>(() => service.Adele.V1.Workspaces[workspace].PatchAsync(new() { Name = "Ours" }, r => r.Headers.Add("If-Match", "\"0\"")));
        Assert.Equal(412, stale.Status);
        Assert.Equal(401, (await Assert.ThrowsAsync<Problem>(() => service.With("none").V1.Me.GetAsync())).Status);
        Assert.Equal("/problems/last-administrator", (await service.Adele.Problems["last-administrator"].GetAsync())!.Type);
    }

    [Fact]
    public async Task The_client_is_generated_from_the_document_that_the_service_publishes()
    {
        using var http = new HttpClient();
        var published = JsonNode.Parse(await http.GetStringAsync(new Uri(service.Url, "/openapi/v1.json")));

        Assert.True(JsonNode.DeepEquals(published, JsonNode.Parse(await File.ReadAllTextAsync(DocumentTests.Document))));
    }

    private static PutResultsRequest_recommendations Recommendation(string id, UntypedNode? objects) => new()
    {
        RecommendationId = id,
        FocusArea = PutResultsRequest_recommendations_focusArea.SecurityAndCompliance,
        Title = "Block legacy authentication",
        BusinessImpact = 5,
        Probability = 4,
        Effort = 2,
        AffectedObjects = objects,
    };

    private static CaseJson Case(string id) => new()
    {
        CaseId = id,
        Revision = 3,
        LastUpdatedAt = new(2026, 7, 2, 12, 0, 0, TimeSpan.Zero),
        CreatedAt = new(2026, 7, 1, 8, 0, 0, TimeSpan.Zero),
        Title = "Virtual machine does not start",
        Status = CaseJson_status.New,
        Severity = CaseJson_severity.One,
        Product = "Azure",
    };

    private async Task<(AgreementResponse Agreement, string WorkspaceId)> Agreement(string id)
    {
        var agreement = await service.Application.V1.Agreements[id].PutAsync(new()
        {
            Name = "Contoso",
            AgreementType = AgreementRequest_agreementType.EnterpriseSupportMca,
            Organization = new() { TenantId = contoso, Name = "Contoso" },
            StartDate = new(2020, 1, 1),
            EndDate = new(2099, 12, 31),
            Contacts =
            [
                Contact(AgreementRequest_contacts_role.CustomerSupportManager, adele, "Adele"),
                Contact(AgreementRequest_contacts_role.CustomerSuccessAccountManager, Service.AccountManager, "Miriam"),
            ],
            Packages =
            [
                new()
                {
                    PackageId = "one", Kind = AgreementRequest_packages_kind.EnterpriseWide, Name = "One", StartDate = new(2020, 1, 1), EndDate = new(2099, 12, 31),
                    BillingAccountId = "account", BillingProfileId = "profile", HoursPurchased = 40.5,
                },
            ],
        });
        return (agreement!, agreement!.Workspaces![0].WorkspaceId!);

        static AgreementRequest_contacts Contact(AgreementRequest_contacts_role role, Guid user, string name) => new()
        {
            Role = role,
            TenantId = contoso,
            UserId = user,
            DisplayName = name,
            Email = $"{name}@contoso.example",
        };
    }

    /// <summary>The service in this process, and a client for each of its callers.</summary>
    public sealed class Service : IAsyncLifetime
    {
        public static readonly Guid AccountManager = new("c0000000-0000-4000-8000-000000000102");

        private readonly List<HttpClient> clients = [];
        private ServiceInProcess service = null!;

        public Uri Url => service.Url;

        public EngageCenterClient Adele => field ??= Person(contoso, adele);

        public EngageCenterClient Account => field ??= Person(contoso, AccountManager);

        public EngageCenterClient Application => field ??= With(service.Tokens.Application(
            contoso, "Agreements.ReadWrite.All", "SupportCases.ReadWrite.All", "Assessments.ReadWrite.All"));

        public async Task InitializeAsync() => service = await ServiceInProcess.Start();

        public async Task DisposeAsync()
        {
            clients.ForEach(http => http.Dispose());
            await service.DisposeAsync();
        }

        public EngageCenterClient Person(Guid tenant, Guid user, params Guid[] groups) => With(service.Tokens.Person(tenant, user, "somebody", groups));

        public EngageCenterClient With(string token)
        {
            var http = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
            clients.Add(http);
            return new(new HttpClientRequestAdapter(new AnonymousAuthenticationProvider(), httpClient: http) { BaseUrl = Url.ToString().TrimEnd('/') });
        }
    }
}
