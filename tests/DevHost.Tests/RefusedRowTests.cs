using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace EngageCenter.DevHost.Tests;

/// <summary>What callers get if a row is damaged or missing, and what happens to the row.</summary>
public sealed class RefusedRowTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task Damaged_or_lost_row_is_answered_503_and_never_overwritten()
    {
        var options = new DevHostOptions(folder.Path);
        using var client = new DevHostClient(options);
        string workspaceId, agreementId = "contoso-enterprise";
        JsonNode agreement;
        await using (var host = await DevHostProcess.Start(options))
        {
            workspaceId = await Workspace(client, agreementId);
            agreement = Changed((await client.Get(await client.Automation(), $"/v1/agreements/{agreementId}"))["agreement"] ?? await client.Get(await client.Automation(), $"/v1/agreements/{agreementId}"));
            Assert.Equal(0, await host.Stop());
        }

        foreach (var damage in (string[])["'{}'", $"replace({Row("workspace", workspaceId)}, '\"Groups\":', '\"Groups2\":')", "NULL"])
        {
            File.Copy(options.StoreFile, options.StoreFile + ".before");
            Execute(options, damage == "NULL"
                ? $"DELETE FROM OrleansStorage WHERE {Where("workspace", workspaceId)}"
                : $"UPDATE OrleansStorage SET PayloadBinary = CAST({damage} AS BLOB) WHERE {Where("workspace", workspaceId)}");
            var damaged = Stored(options, workspaceId);

            // The host starts without the sample, which would be set up again.
            await using (var host = await DevHostProcess.Start(options with { Sample = false }))
            {
                var automation = await client.Automation();
                if (damage != "NULL")
                {
                    // If a workspace's row is missing, only its agreement still knows the workspace.
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, await client.Status($"/v1/workspaces/{workspaceId}", await client.Person("adele@contoso.example")));
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, await client.Status($"/v1/workspaces/{workspaceId}", await client.Person("megan@contoso.example")));
                }

                using var put = await client.Send(HttpMethod.Put, automation, $"/v1/agreements/{agreementId}", agreement);
                Assert.True(put.StatusCode == HttpStatusCode.ServiceUnavailable, $"{damage}: {put.StatusCode} {await put.Content.ReadAsStringAsync()}");
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await client.Status($"/v1/agreements/{agreementId}", automation));
                Assert.Contains($"workspace/{workspaceId} is refused", host.Output, StringComparison.Ordinal);
                Assert.Equal(0, await host.Stop());
            }

            Assert.Equal(damaged, Stored(options, workspaceId));
            File.Move(options.StoreFile + ".before", options.StoreFile, overwrite: true);
        }

        // Restoring the original row is enough.
        await using var restored = await DevHostProcess.Start(options with { Sample = false });
        await client.Put(await client.Automation(), $"/v1/agreements/{agreementId}", agreement);
        Assert.Equal(HttpStatusCode.OK, await client.Status($"/v1/workspaces/{workspaceId}", await client.Person("megan@contoso.example")));
    }

    [Fact]
    public async Task Damaged_row_of_a_person_is_answered_503_and_their_newest_token_still_counts()
    {
        var options = new DevHostOptions(folder.Path);
        using var client = new DevHostClient(options);
        string workspaceId;
        await using (var host = await DevHostProcess.Start(options))
        {
            workspaceId = await Workspace(client, "contoso-enterprise");
            Assert.Equal(HttpStatusCode.OK, await client.Status($"/v1/workspaces/{workspaceId}", await client.Person("megan@contoso.example")));
            Assert.Equal(0, await host.Stop());
        }

        Execute(options, "UPDATE OrleansStorage SET PayloadBinary = CAST('{}' AS BLOB) WHERE GrainTypeString = 'user'");

        await using (var host = await DevHostProcess.Start(options with { Sample = false }))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await client.Status($"/v1/workspaces/{workspaceId}", await client.Person("megan@contoso.example")));
            Assert.Contains("Row user of a person is refused", host.Output, StringComparison.Ordinal);
            Assert.Equal(0, await host.Stop());
        }

        Assert.Equal(0L, Execute(options, "SELECT count(*) FROM OrleansStorage WHERE GrainTypeString = 'user' AND CAST(PayloadBinary AS TEXT) <> '{}'"));
    }

    public void Dispose() => folder.Dispose();

    private static async Task<string> Workspace(DevHostClient client, string agreementId) =>
        (await client.Get(await client.Automation(), $"/v1/agreements/{agreementId}"))["workspaces"]![0]!["workspaceId"]!.GetValue<string>();

    private static JsonObject Changed(JsonNode view)
    {
        var agreement = view.DeepClone().AsObject();
        foreach (var answered in (string[])["agreementId", "status", "workspaces"])
        {
            agreement.Remove(answered);
        }

        agreement["name"] = "Changed";
        return agreement;
    }

    private static string Where(string name, string workspaceId) => $"GrainTypeString = '{name}' AND GrainIdExtensionString = 'workspace/{workspaceId}'";

    private static string Row(string name, string workspaceId) => $"(SELECT CAST(PayloadBinary AS TEXT) FROM OrleansStorage WHERE {Where(name, workspaceId)})";

    private static object? Stored(DevHostOptions options, string workspaceId) => Execute(options, $"SELECT {Row("workspace", workspaceId)}");

    private static object? Execute(DevHostOptions options, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={options.StoreFile};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
