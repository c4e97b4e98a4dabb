using System.Text.Json.Nodes;
using EngageCenter.Access;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Tests people of a tenant that no agreement names: they get the responses of an outsider, and reach no grain.
/// </summary>
[Collection(RunningService.Collection)]
public class StrangerTests(RunningService service)
{
    [Fact]
    public async Task Every_endpoint_answers_a_stranger_like_an_outsider()
    {
        var workspace = await service.Workspace();
        var outsider = await service.Token(TestDirectory.Outsider);
        var stranger = await service.Token(TestDirectory.Outsider, TestDirectory.Nowhere);
        var rows = new Rows();
        (string Outsider, string Stranger)[] tokens = [(outsider, stranger), (WithoutGroups(outsider), WithoutGroups(stranger))];
        foreach (var valid in ValidRequest.All(workspace, "0"))
        {
            foreach (var body in (string?[])[valid.Body?.ToJsonString(), "{"])
            {
                foreach (var token in tokens)
                {
                    await rows.Try($"{valid.Endpoint}, {body}", async () =>
                        Assert.Equal(await Ask(valid, body, token.Outsider), await Ask(valid, body, token.Stranger)));
                }
            }
        }

        string WithoutGroups(string token) => new Forgery(service, token).With(("groups", null), ("hasgroups", true));

        rows.AllHold();
    }

    [Fact]
    [Trait("Needs", "OneProcess")]
    public async Task Stranger_reaches_no_grain()
    {
        var workspace = await service.Workspace();
        var stranger = await service.Token(TestDirectory.Outsider, TestDirectory.Nowhere);
        var grains = service.Services.GetRequiredService<IGrainFactory>();

        // The set that this node holds may be older than the reading of the stored agreements.
        Assert.True(await grains.GetGrain<IKnownIdsBuild>(IKnownIdsBuild.Key).Build());
        await service.Services.GetRequiredService<KnownIdsCache>().Recall(KnownIds.TenantsWith(new(TestDirectory.Nowhere)));

        foreach (var valid in ValidRequest.All(workspace, "0"))
        {
            await Ask(valid, valid.Body?.ToJsonString(), stranger);
        }

        var statistics = await grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        Assert.DoesNotContain(statistics, s => $"{s.GrainId}".Contains(TestDirectory.Nowhere, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Newly_named_contact_has_access_once_the_agreement_is_acknowledged()
    {
        var newcomer = await service.Token(TestDirectory.Outsider, TestDirectory.Newcomers);
        for (var n = 0; n < 4; n++)
        {
            Assert.Empty((await service.Get("/v1/me/workspaces", newcomer))["value"]!.AsArray());
        }

        var agreement = RunningService.Agreement("Newcomers Support");
        var contact = RunningService.Contact(Roles.IncidentManager, TestDirectory.Newcomers);
        contact["userId"] = TestDirectory.UserId(TestDirectory.Outsider).ToString();
        contact["isPrimary"] = false;
        agreement["contacts"]!.AsArray().Add(contact);
        var answer = await service.Json(HttpMethod.Put, $"/v1/agreements/{service.NewAgreementId()}", await service.AppToken(), agreement);

        for (var n = 0; n < 4; n++)
        {
            Assert.Equal([(string)answer["workspaces"]![0]!["workspaceId"]!], (await service.Get("/v1/me/workspaces", newcomer)).Values("workspaceId"));
        }
    }

    /// <summary>Returns the whole response without the caller's tenant and the parts that differ for each request.</summary>
    private async Task<string> Ask(ValidRequest valid, string? body, string token)
    {
        using var request = new HttpRequestMessage(valid.Method, valid.Path);
        request.Headers.Authorization = new("Bearer", token);
        request.Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await service.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (text.StartsWith('{'))
        {
            var json = JsonNode.Parse(text)!.AsObject();
            json.Remove("traceId");
            text = json.ToJsonString();
        }

        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(h => h.Key is not "Date" and not "Content-Length")
            .OrderBy(h => h.Key, StringComparer.Ordinal)
            .Select(h => $"{h.Key}: {string.Join(',', h.Value)}");
        return $"{(int)response.StatusCode}\n{string.Join('\n', headers)}\n{text}"
            .Replace(TestDirectory.Nowhere, "tenant", StringComparison.Ordinal).Replace(TestDirectory.Contoso, "tenant", StringComparison.Ordinal)
            .Replace("nowhere.example", "example", StringComparison.Ordinal).Replace("contoso.example", "example", StringComparison.Ordinal);
    }
}
