namespace EngageCenter.Cli.Tests;

/// <summary>Groups by their names in the directory of the organization.</summary>
public sealed class DirectoryTests : IAsyncLifetime
{
    private readonly CliService service = new() { HasDirectory = true };

    public Task InitializeAsync() => service.InitializeAsync();

    public Task DisposeAsync() => service.DisposeAsync();

    [Fact]
    public async Task Group_without_a_role_is_found_by_its_whole_name_in_the_directory()
    {
        using var shell = await service.SignedInAsync("adele");

        // "Service Desk at Night" begins in the same way.
        var added = (await shell.RunAsync("groups", "add", "service desk", "--role", "SupportUser", "--json")).With(0).Json;
        Assert.Equal(("c0000000-0000-4000-8000-000000000208", "Service Desk"), ((string)added["groupId"]!, (string)added["displayName"]!));
        Assert.Equal(["SupportUser"], added["roles"]!.AsArray().Select(r => (string)r!));

        Assert.Contains("There is no group 'Service'", (await shell.RunAsync("groups", "add", "Service", "--role", "SupportUser")).With(2).Error);
        Assert.Equal("c0000000-0000-4000-8000-000000000208", (string)Assert.Single((await shell.RunAsync("groups", "list", "--json")).With(0).Json.AsArray())!["groupId"]!);
    }
}
