using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EngageCenter.WebApi.Tests.Errors;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Tests that the service's own reference is complete and agrees with its responses.</summary>
[Collection(RunningService.Collection), Trait("Decides", "WebNode")]
public class OpenApiTests(RunningService service)
{
    [Fact]
    public async Task Every_endpoint_is_described()
    {
        var document = await Document();
        var rows = new Rows();
        foreach (var request in ValidRequest.All("", ""))
        {
            await rows.Try($"{request}", () =>
            {
                var operation = Operation(document, request);
                foreach (var member in (string[])["summary", "description", "operationId"])
                {
                    Assert.False(string.IsNullOrWhiteSpace((string?)operation[member]), $"There is no {member}.");
                }

                Assert.NotEmpty(operation["tags"]!.AsArray());
                Assert.NotEmpty(operation["security"]!.AsArray());
                var responses = operation["responses"]!.AsObject();
                Assert.All(responses, r => Assert.False(string.IsNullOrWhiteSpace((string?)r.Value!["description"])));
                Assert.Empty(((string[])["401", "403", "429", "503"]).Except(responses.Select(r => r.Key)));
                Assert.Contains(responses, r => r.Key[0] == '2');
                Assert.All(responses.Where(r => r.Key[0] is '4' or '5'), r => Assert.NotNull(r.Value!["content"]!["application/problem+json"]));
                if (request.IsInWorkspace)
                {
                    Assert.Contains("404", responses.Select(r => r.Key));
                }

                Assert.All(operation["parameters"]?.AsArray() ?? [], p => Assert.False(string.IsNullOrWhiteSpace((string?)p!["description"]), $"{p!["name"]}"));
                return Task.CompletedTask;
            });
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Every_body_has_an_example_that_the_service_accepts()
    {
        var document = await Document();
        var workspace = await service.Workspace();
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "0").Where(r => r.Body is not null))
        {
            await rows.Try($"{request}", async () =>
            {
                var example = Operation(document, request)["requestBody"]!["content"]!["application/json"]!["example"]!;
                var path = request.Path.Replace("table-0", "example", StringComparison.Ordinal);
                using var response = await service.Send(
                    request.Method, path, await service.TokenFor(request), example.DeepClone());
                // The workspace of the example does not exist.
                Assert.True(response.IsSuccessStatusCode || request.Endpoint == "PUT /v1/me/current-workspace", $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            });
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Responses_have_the_members_that_the_document_describes()
    {
        var document = await Document();
        var workspace = await service.Workspace();
        await service.Json(HttpMethod.Post, $"/v1/workspaces/{workspace}/support-cases", await service.AppToken(), new JsonObject { ["value"] = new JsonArray(Cases.Of("one", ("slaMet", true))) });
        var rows = new Rows();
        foreach (var request in ValidRequest.All(workspace, "50").Where(r => r.IsJson))
        {
            await rows.Try($"{request}", async () =>
            {
                using var response = await service.Send(
                    request.Method, request.Path, await service.TokenFor(request), request.Body?.DeepClone());
                var status = $"{(int)response.StatusCode}";
                var described = Operation(document, request)["responses"]![status];
                Assert.True(described is not null, $"{status} is not described.");
                if (status != "204")
                {
                    Agree(document, described!["content"]!["application/json"]!["schema"]!, JsonNode.Parse(await response.Content.ReadAsStringAsync()), "$");
                }
            });
        }

        rows.AllHold();
    }

    [Fact]
    public async Task Response_without_workspaces_matches_the_document()
    {
        var document = await Document();
        var schema = document["paths"]!["/v1/me/home"]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!;
        var answer = await service.Get("/v1/me/home", await service.Token(TestDirectory.Outsider));
        Assert.Equal("""{"workspace":null,"reason":"NoWorkspaces"}""", answer.ToJsonString());
        Agree(document, schema, answer, "$");
    }

    [Fact]
    public async Task Problem_has_the_members_that_the_page_on_statuses_lists()
    {
        var page = await File.ReadAllLinesAsync(Path.Combine(ProblemsTests.Repository(), "docs", "use", "http-status.md"));
        var told = page.Where(line => line.StartsWith("| 4", StringComparison.Ordinal) || line.StartsWith("| 5", StringComparison.Ordinal))
            .SelectMany(line => Regex.Matches(line.Split('|')[4], "`([a-zA-Z]+)`").Select(m => m.Groups[1].Value));

        var described = (await Document())["components"]!["schemas"]!["Problem"]!["properties"]!.AsObject().Select(p => p.Key);
        Assert.Equal(
            told.Concat(["type", "title", "status", "detail", "traceId"]).Distinct().Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    private static JsonObject Operation(JsonNode document, ValidRequest request)
    {
        var parts = request.Endpoint.Split(' ');
        return document["paths"]![parts[1]]![parts[0].ToLowerInvariant()]!.AsObject();
    }

    // Compares names only: every member is described, and every required one is present.
    private static void Agree(JsonNode document, JsonNode schema, JsonNode? value, string at)
    {
        var resolved = Resolve(document, schema);
        if (value is null)
        {
            return;
        }

        while (resolved["oneOf"] is JsonArray choices)
        {
            resolved = Resolve(document, choices.First(c => (string?)c!["type"] != "null")!);
        }

        if (resolved["type"] is null)
        {
            // The schema allows anything.
            return;
        }

        if (value is JsonArray items)
        {
            Assert.True(resolved["items"] is not null, $"{at} is described as no array.");
            for (var i = 0; i < items.Count; i++)
            {
                Agree(document, resolved["items"]!, items[i], $"{at}[{i}]");
            }
        }
        else if (value is JsonObject members && resolved["properties"] is JsonObject properties)
        {
            var names = members.Select(m => m.Key).ToHashSet();
            Assert.True(names.IsSubsetOf(properties.Select(p => p.Key)), $"{at} has {string.Join(", ", names.Except(properties.Select(p => p.Key)))} besides.");
            var required = resolved["required"]?.AsArray().Select(r => (string)r!) ?? [];
            Assert.True(names.IsSupersetOf(required), $"{at} lacks {string.Join(", ", required.Except(names))}.");
            foreach (var (name, member) in members)
            {
                Agree(document, properties[name]!, member, $"{at}.{name}");
            }
        }
    }

    private static JsonNode Resolve(JsonNode document, JsonNode schema) => (string?)schema["$ref"] is { } reference
        ? Resolve(document, document["components"]!["schemas"]![reference.Split('/')[^1]]!)
        : schema;

    private async Task<JsonNode> Document()
    {
        using var response = await service.Send(HttpMethod.Get, "/openapi/v1.json", null);
        return await response.Is(System.Net.HttpStatusCode.OK);
    }
}
