using EngageCenter.Agreements;
using EngageCenter.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>Tests the list of grains that have rows in the file.</summary>
public sealed class StoredGrainsTests : IDisposable
{
    private readonly SqliteFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_key_of_a_type_and_name_is_listed_exactly_once()
    {
        await using var silo = await TestSilo.Start(folder.File());
        List<string> keys = [.. Enumerable.Range(0, 1_001).Select(n => $"Note.{n}_~-"), "0", "~", "zz"];
        foreach (var key in keys)
        {
            await silo.Storage.WriteStateAsync("note", GrainId.Create("note", key), new GrainState<Note>(new Note()));
        }

        foreach (var (type, name) in ((string, string)[])[("notes", "note"), ("not", "note"), ("note", "other")])
        {
            await silo.Storage.WriteStateAsync(name, GrainId.Create(type, "foreign"), new GrainState<Note>(new Note()));
        }

        var cleared = new GrainState<Note>(new Note());
        await silo.Storage.WriteStateAsync("note", GrainId.Create("note", "cleared"), cleared);
        await silo.Storage.ClearStateAsync("note", GrainId.Create("note", "cleared"), cleared);

        Assert.Equal(keys.Order(StringComparer.Ordinal), await Keys(silo, "note", "note"));
        Assert.Empty(await Keys(silo, "nobody", "note"));
        Assert.Equal(keys.Where(key => key.StartsWith("Note.1", StringComparison.Ordinal)).Order(StringComparer.Ordinal), await Keys(silo, "note", "note", "Note.1"));
        Assert.Equal(["zz"], await Keys(silo, "note", "note", "z"));
        Assert.Empty(await Keys(silo, "note", "note", "x"));
    }

    [Fact]
    public async Task Agreement_is_listed_by_its_id()
    {
        await using var silo = await TestSilo.Start(folder.File());
        var grains = silo.Services.GetRequiredService<IGrainFactory>();
        var tenant = Guid.NewGuid();
        var agreement = new Agreement(
            "Contoso 2026", AgreementType.EnterpriseSupportMca, new(tenant, "Contoso"), new(2020, 1, 1), new(2099, 12, 31),
            [new(EngageCenter.Access.Roles.CustomerSupportManager, new(tenant, Guid.NewGuid()), "Adele", "adele@contoso.example", null, true)], [], []);
        await grains.GetGrain<IAgreementGrain>("contoso-2026").Put(new(EngageCenter.Workspaces.ActorKind.Application, Guid.Empty, "automation", null, EngageCenter.Access.AppRoles.Agreements), new(agreement, null));

        Assert.Equal(["contoso-2026"], await Keys(silo, "agreement", "agreement"));
    }

    private static async Task<List<string>> Keys(TestSilo silo, string type, string name, string prefix = "")
    {
        var keys = new List<string>();
        await foreach (var key in silo.Services.GetRequiredService<IStoredGrains>().Keys(type, name, prefix, CancellationToken.None))
        {
            keys.Add(key);
        }

        return keys;
    }
}
