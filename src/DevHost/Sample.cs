using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EngageCenter.DevHost;

/// <summary>
/// Sets up the sample organization through the API, as automation and people would. Whatever exists already stays as it is.
/// The support cases of a workspace are written last and in one request, so a workspace without any was not finished, and is
/// set up again.
/// </summary>
internal sealed class Sample(HttpClient http, Uri entra, Uri service)
{
    public const string Tenant = "c0000000-0000-4000-8000-000000000000";

    private const string Application = "engage-center-automation";
    private const string Secret = "local-development-only";
    private const string Manager = "adele@contoso.example";
    private const string Learner = "lee@contoso.example";
    private const string MicrosoftTenant = "d0000000-0000-4000-8000-000000000000";
    private const string AccountManager = "miriam@microsoft.example";

    /// <summary>Returns the path of a sample file in the build output.</summary>
    public static string File(string name) => Path.Combine(AppContext.BaseDirectory, "samples", name);

    /// <returns>Whether the sample organization exists.</returns>
    public static async Task<bool> SetUp(DevelopmentHost host)
    {
        if (!host.WantsSample)
        {
            return false;
        }

        using var http = new HttpClient();
        var isSample = await new Sample(http, host.EntraUrl, host.ServiceUrl).SetUp(host.Time, host.Stopping);
        if (!isSample)
        {
            host.Logger.LogWarning("The sample organization was not set up, because LocalEntra does not use the sample directory. Set DevHost:Sample=false if you use a directory of your own");
        }

        return isSample;
    }

    /// <summary>Sets up the sample organization in a service that runs elsewhere.</summary>
    /// <returns>Whether LocalEntra uses the sample directory.</returns>
    public static async Task<bool> SetUp(Uri entra, Uri service)
    {
        using var http = new HttpClient();
        return await new Sample(http, entra, service).SetUp(TimeProvider.System, CancellationToken.None);
    }

    private async Task<bool> SetUp(TimeProvider time, CancellationToken cancel)
    {
        if (await Token(Tenant, cancel, ("grant_type", "client_credentials"), ("client_id", Application), ("client_secret", Secret), ("scope", "api://engage-center/.default")) is not { } automation
            || await Person(Tenant, Manager, cancel) is not { } manager
            || await Person(MicrosoftTenant, AccountManager, cancel) is not { } accountManager
            || await Person(Tenant, Learner, cancel) is not { } learner)
        {
            return false;
        }

        var people = new People(automation, manager, accountManager, learner);
        var hasCourses = false;
        foreach (var sample in await Read("contoso-agreements.json", cancel))
        {
            var id = sample!["agreementId"]!.GetValue<string>();
            var agreement = await Read($"v1/agreements/{id}", automation, cancel)
                ?? await Send(HttpMethod.Put, $"v1/agreements/{id}", automation, sample["agreement"], cancel);
            foreach (var workspace in agreement["workspaces"]!.AsArray())
            {
                var path = $"v1/workspaces/{workspace!["workspaceId"]!.GetValue<string>()}";
                var cases = await Read($"{path}/support-cases?pageSize=1", manager, cancel);
                if (cases?["totalCount"]!.GetValue<long>() == 0)
                {
                    if (!hasCourses)
                    {
                        await SetUpCourses(automation, cancel);
                        hasCourses = true;
                    }

                    await SetUpGroups(path, manager, cancel);
                    await SetUpActivities(path, people, time.GetUtcNow(), cancel);
                    await SetUpAssessments(path, people, cancel);
                    await SetUpLearning(path, learner, cancel);
                    var invented = SampleCases.Invent(path.Split('/')[^1], time.GetUtcNow());
                    await Send(HttpMethod.Post, $"{path}/support-cases", automation, new JsonObject { ["value"] = invented }, cancel);
                }
            }
        }

        return true;
    }

    private async Task SetUpCourses(string automation, CancellationToken cancel)
    {
        foreach (var course in await Read("contoso-courses.json", cancel))
        {
            await Send(HttpMethod.Put, $"v1/learning/courses/{course!["courseId"]}", automation, course["course"], cancel);
        }
    }

    private async Task SetUpGroups(string path, string manager, CancellationToken cancel)
    {
        foreach (var group in await Read("contoso-groups.json", cancel))
        {
            var body = new JsonObject { ["displayName"] = group!["displayName"]!.DeepClone(), ["roles"] = group["roles"]!.DeepClone() };
            await Send(HttpMethod.Put, $"{path}/groups/{group["groupId"]}", manager, body, cancel);
        }
    }

    private async Task SetUpActivities(string path, People people, DateTimeOffset now, CancellationToken cancel)
    {
        var proof = await Read($"{path}/proof-of-execution", people.Manager, cancel);
        foreach (var line in proof!["lines"]!.AsArray())
        {
            foreach (var (activityId, activity) in SampleActivities.Invent(line!["packageId"]!.GetValue<string>(), now))
            {
                await Send(HttpMethod.Put, $"{path}/activities/{activityId}", people.Automation, activity, cancel);
            }
        }
    }

    // Sets up one assessment that has run and one that is scheduled.
    private async Task SetUpAssessments(string path, People people, CancellationToken cancel)
    {
        await Send(HttpMethod.Put, $"{path}/assessments/SqlServer", people.AccountManager, new JsonObject(), cancel);
        await Send(HttpMethod.Put, $"{path}/assessments/WindowsServer", people.AccountManager, new JsonObject { ["interval"] = "P30D" }, cancel);
        var runs = (await Read($"{path}/assessments/SqlServer/runs", people.AccountManager, cancel))!["value"]!.AsArray();
        var run = runs.FirstOrDefault() ?? await Send(HttpMethod.Post, $"{path}/assessments/SqlServer/runs", people.AccountManager, null, cancel);
        if (run["status"]!.GetValue<string>() == "Running")
        {
            var results = new JsonObject { ["status"] = "Completed", ["recommendations"] = await Read("contoso-recommendations.json", cancel) };
            await Send(HttpMethod.Put, $"{path}/assessments/SqlServer/runs/{run["runId"]}/results", people.Automation, results, cancel);
        }
    }

    private async Task SetUpLearning(string path, string learner, CancellationToken cancel)
    {
        foreach (var (course, percent) in ((string, int)[])[("aks-operations", 40), ("entra-fundamentals", 100), ("incident-readiness", 100), ("windows-server-hardening", 5)])
        {
            await Send(HttpMethod.Put, $"{path}/learning/enrollments/{course}", learner, new JsonObject { ["progressPercent"] = percent }, cancel);
        }
    }

    private static async Task<JsonArray> Read(string file, CancellationToken cancel) =>
        JsonNode.Parse(await System.IO.File.ReadAllTextAsync(File(file), cancel))!.AsArray();

    private Task<string?> Person(string tenant, string name, CancellationToken cancel) =>
        Token(tenant, cancel, ("grant_type", "password"), ("username", name), ("scope", "api://engage-center/access_as_user"));

    private async Task<string?> Token(string tenant, CancellationToken cancel, params IEnumerable<(string Name, string Value)> form)
    {
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var response = await http.PostAsync(new Uri(entra, $"{tenant}/oauth2/v2.0/token"), content, cancel);
        return response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<JsonObject>(cancel))!["access_token"]!.GetValue<string>()
            : null;
    }

    /// <returns>Null if it does not exist or the caller may not see it.</returns>
    private async Task<JsonNode?> Read(string path, string token, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Get, path, token);
        using var response = await http.SendAsync(request, cancel);
        return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden
            ? null
            : await Answer(request, response, cancel);
    }

    private async Task<JsonNode> Send(HttpMethod method, string path, string token, JsonNode? body, CancellationToken cancel)
    {
        using var request = Request(method, path, token);
        request.Content = body is null ? null : JsonContent.Create(body);
        using var response = await http.SendAsync(request, cancel);
        return await Answer(request, response, cancel);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, string token) =>
        new(method, new Uri(service, path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private static async Task<JsonNode> Answer(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancel) =>
        response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<JsonNode>(JsonSerializerOptions.Web, cancel))!
            : throw new InvalidOperationException(
                $"The sample organization was not set up: {request.Method} {request.RequestUri} returned {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancel)}");

    /// <summary>The tokens with which the sample is set up.</summary>
    private sealed record People(string Automation, string Manager, string AccountManager, string Learner);
}
