using System.Net;
using System.Net.Http.Headers;

namespace EngageCenter.DevHost.Tests;

/// <summary>
/// Runs the real program with a limit on its managed heap, which ends the process if it is exceeded. Clients send bodies that
/// would need more.
/// </summary>
public sealed class BodyMemoryTests : IDisposable
{
    private const string Switcher = "/v1/me/current-workspace";
    private const int MiB = 1024 * 1024;

    /// <summary>Enough for an idle host, which takes about 60 MB, and for bodies of an eighth of it.</summary>
    private const long Heap = 256L * MiB;

    // Eight bodies take turns with the memory for bodies, which takes long on a busy machine.
    private static readonly TimeSpan bound = TimeSpan.FromMinutes(3);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Announced_bodies_that_are_never_sent_do_not_end_the_process()
    {
        await using var host = await Start();
        using var client = host.Client();
        string[] callers = [await client.Person("adele@contoso.example"), await client.Person("henrietta@contoso.example"), await client.Person("miriam@microsoft.example", DevHostClient.Microsoft)];
        var slow = new List<SlowRequest>();
        try
        {
            foreach (var caller in callers)
            {
                for (var n = 0; n < 125; n++)
                {
                    slow.Add(await SlowRequest.Start(host.Options.Service, "PUT", Switcher, caller, announced: MiB, sent: "{"));
                }
            }

            // While all of them wait, other callers are answered, and so are the same callers.
            var lee = await client.Person("lee@contoso.example");
            Assert.Equal(HttpStatusCode.OK, await client.Status("/v1/me/workspaces", lee));
            Assert.Equal(HttpStatusCode.OK, await client.Status("/v1/me/workspaces", callers[0]));
            Assert.Equal(HttpStatusCode.OK, await client.Status("/health/ready"));
        }
        finally
        {
            slow.ForEach(request => request.Dispose());
        }

        Assert.Equal(0, await host.Stop());
    }

    [Fact]
    public async Task Bodies_that_stall_within_a_value_do_not_end_the_process()
    {
        await using var host = await Start();
        using var client = host.Client();
        var (automation, workspace) = await Workspace(client);
        var value = "{\"permissions\":[" + string.Concat(Enumerable.Repeat("{},", MiB / 3));
        var slow = new List<SlowRequest>();
        try
        {
            for (var n = 0; n < 300; n++)
            {
                slow.Add(await SlowRequest.Start(host.Options.Service, "POST", $"{workspace}/support-cases", automation, announced: 8 * MiB, sent: "{\"value\":["));
                _ = Sent(slow[^1].Send(value));
            }

            // Most requests are refused at once, or after they waited for memory. The others stay open without an answer. The test gives
            // them the time in which they would have ended the process, at most 15 s by the machine's clock, which the process uses too.
            await Task.WhenAny(Task.WhenAll(slow.Select(s => s.Answer())), Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System));
            Assert.Equal(HttpStatusCode.OK, await client.Status("/v1/agreements/large", automation));
        }
        finally
        {
            slow.ForEach(request => request.Dispose());
        }

        Assert.Equal(0, await host.Stop());

        // The server closes connections whose body it refuses.
        static async Task Sent(Task sending)
        {
            try
            {
                await sending;
            }
            catch (IOException)
            {
            }
        }
    }

    [Fact]
    public async Task Long_bodies_of_small_values_do_not_end_the_process()
    {
        await using var host = await Start();
        using var client = host.Client();
        var (automation, workspace) = await Workspace(client);
        var items = string.Concat(Enumerable.Repeat("{},", 8 * MiB / 3 - 100)) + "{}";
        (HttpMethod Method, string Path, string Body)[] requests =
        [
            (HttpMethod.Post, $"{workspace}/support-cases", $"{{\"value\":[{items}]}}"),
            (HttpMethod.Post, $"{workspace}/support-cases", $"{{\"value\":[{{\"unknown\":[{items}]}}]}}"),
            (HttpMethod.Post, $"{workspace}/support-cases", $"{{\"unknown\":[{items}],\"value\":[]}}"),
            (HttpMethod.Put, "/v1/agreements/large", $"{{\"contacts\":[{items[..(MiB - 100)]}]}}"),
        ];
        foreach (var (method, path, body) in requests)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Send(method, path, body)));
            Assert.All(statuses, status => Assert.Contains((int)status, (int[])[200, 400, 413, 429, 503]));
        }

        Assert.Equal(HttpStatusCode.OK, await client.Status("/v1/agreements/large", automation));
        Assert.Equal(0, await host.Stop());

        async Task<HttpStatusCode> Send(HttpMethod method, string path, string body)
        {
            using var bounded = new CancellationTokenSource(bound);
            using var request = new HttpRequestMessage(method, client.Address(path)) { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };
            request.Headers.Authorization = new("Bearer", automation);
            using var response = await client.Http.SendAsync(request, bounded.Token);
            return response.StatusCode;
        }
    }

    private static async Task<(string Automation, string Workspace)> Workspace(DevHostClient client)
    {
        var automation = await client.Automation();
        var agreement = await client.Put(automation, "/v1/agreements/large", Samples.Agreement(
            "DigitalNativeSupport", DevHostClient.Contoso, "Contoso", "c0000000-0000-4000-8000-000000000101", "unified"));
        return (automation, $"/v1/workspaces/{agreement["workspaces"]![0]!["workspaceId"]}");
    }

    private Task<DevHostProcess> Start() => DevHostProcess.Start(
        new DevHostOptions(folder.Path).With("DOTNET_GCHeapHardLimit", $"0x{Heap:X}").With("WebApi__AddressShare", "1"));
}
