using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.OpenApi;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;

namespace EngageCenter.WebApi.Agreements;

internal static class AgreementEndpoints
{
    private const string AppRole = AppRoles.Agreements;

    private const string Example = """
        {
          "name": "Contoso Enterprise Support 2026",
          "agreementType": "EnterpriseSupportMca",
          "organization": { "tenantId": "c0000000-0000-4000-8000-000000000000", "name": "Contoso" },
          "startDate": "2026-01-01",
          "endDate": "2028-12-31",
          "contacts": [
            { "role": "CustomerSupportManager", "tenantId": "c0000000-0000-4000-8000-000000000000", "userId": "c0000000-0000-4000-8000-000000000101", "displayName": "Adele Vance", "email": "adele.vance@contoso.example", "isPrimary": true }
          ],
          "packages": [
            { "packageId": "enterprise", "kind": "EnterpriseWide", "name": "Enterprise support", "startDate": "2026-01-01", "endDate": "2028-12-31", "billingAccountId": "BA-1", "billingProfileId": "BP-1", "hoursPurchased": 400 }
          ],
          "billingReaders": [
            { "billingAccountId": "BA-1", "tenantId": "c0000000-0000-4000-8000-000000000000", "userId": "c0000000-0000-4000-8000-000000000101" }
          ]
        }
        """;

    public static void MapAgreements(this IEndpointRouteBuilder routes)
    {
        var agreements = routes.MapGroup("/v1/agreements").WithTags("Agreements").RequireApplication(AppRole);
        agreements.MapPut("/{agreementId}", Put)
            .Describe("PutAgreement", "Creates or updates an agreement",
                "Activation creates the default workspaces of the agreement type; repeating the call never creates a second set. The response is sent when every workspace has the new contacts, so a contact who was removed from the list no longer holds the role.")
            .Example(Example)
            .Answers<AgreementResponse>(200)
            .Answers<AgreementResponse>(201)
            .Refuses(Problems.LastAdministrator, Problems.OrganizationFixed, Problems.AgreementTypeFixed, Problems.TooManyWorkspaces, Problems.TooManyWorkspacesInAgreement, Problems.TooManyTenants);
        agreements.MapGet("/{agreementId}", Get)
            .Describe("GetAgreement", "An agreement", "The agreement as it was last put, its status today, and its workspaces.")
            .Versioned()
            .Answers<AgreementResponse>(200)
            .Refuses(Problems.AgreementNotFound);
    }

    private static async Task<IResult> Put(
        string agreementId, AgreementRequest body, IfMatchHeader ifMatch, HttpContext http, IGrainFactory grains)
    {
        var grain = grains.GetGrain<IAgreementGrain>(agreementId);
        var condition = await ifMatch.Choose(async () => (await grain.Get(http.Application()))?.Version);

        var outcome = await grain.Put(http.Application(), new(body.ToAgreement(), condition));
        return outcome.Status switch
        {
            PutAgreementStatus.Created => Answer(http, outcome.Agreement!, created: true),
            PutAgreementStatus.Updated => Answer(http, outcome.Agreement!, created: false),
            PutAgreementStatus.VersionMismatch => ifMatch.Refusal(),
            PutAgreementStatus.OrganizationFixed => Problems.OrganizationFixed.Answer(),
            PutAgreementStatus.AgreementTypeFixed => Problems.AgreementTypeFixed.Answer(),
            PutAgreementStatus.LastAdministrator => Problems.LastAdministrator.Answer(),
            PutAgreementStatus.TooManyWorkspaces => Problems.TooManyWorkspaces.Answer(),
            PutAgreementStatus.TooManyWorkspacesInAgreement => Problems.TooManyWorkspacesInAgreement.Answer(),
            PutAgreementStatus.TooManyTenants => Problems.TooManyTenants.Answer(),

            // The rule is an outcome for an agreement that exists, and an invalid field for a new one.
            PutAgreementStatus.AdministratorRequired => Problems.Invalid("contacts", "Must have at least one CustomerSupportManager."),
            var unknown => throw new NotSupportedException($"No answer for {unknown}."),
        };
    }

    private static async Task<IResult> Get(string agreementId, HttpContext http, IGrainFactory grains) =>
        await grains.GetGrain<IAgreementGrain>(agreementId).Get(http.Application()) is { } view
            ? Preconditions.Answer(http, view.Version, AgreementResponse.Of(view))
            : Problems.AgreementNotFound.Answer();

    private static IResult Answer(HttpContext http, AgreementView view, bool created) => Preconditions.AnswerPut(
        http, view.Version, AgreementResponse.Of(view), created ? $"/v1/agreements/{view.AgreementId}" : null);
}
