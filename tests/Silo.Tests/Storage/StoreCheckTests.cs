using System.Collections.Immutable;
using System.Diagnostics;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Storage;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>Tests <c>Silo -- check</c> as a process, on the file of a stopped silo.</summary>
public sealed class StoreCheckTests : IDisposable
{
    private static readonly Actor automation = new(ActorKind.Application, Guid.Empty, "automation", null, AppRoles.Agreements);

    private readonly SqliteFolder folder = new();
    private readonly Guid tenant = Guid.NewGuid();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Intact_store_exits_with_0_and_each_damage_with_1_and_the_row()
    {
        var member = new PersonId(tenant, Guid.NewGuid());
        var workspaceId = await FillStore(member);
        var (code, sound) = await Check();
        Assert.True(code == 0, sound);
        Assert.Contains(" 0 findings", sound, StringComparison.Ordinal);

        (string Damage, string Finding)[] damages =
        [
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'workspace'", $"agreement/contoso, row agreement: workspace {workspaceId}, which it names, is gone"),
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'agreement'", $"workspace/{workspaceId}, row workspace: agreement contoso is gone"),
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'audit-0'", $"workspace/{workspaceId}, row workspace: row audit-0 of its audit trail is gone"),
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'group'", "which holds a role, is gone"),
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'user'", "whom the contract names, is gone"),
            ("UPDATE OrleansStorage SET PayloadBinary = CAST('{}' AS BLOB) WHERE GrainTypeString = 'workspace'", $"workspace/{workspaceId}, row workspace: it is not a Workspace"),
            ("UPDATE OrleansStorage SET PayloadBinary = x'' WHERE GrainTypeString = 'user'", "row user: it is not a UserState"),
            ("UPDATE OrleansStorage SET PayloadBinary = CAST(replace(CAST(PayloadBinary AS TEXT), '\"$v\":1', '\"$v\":2') AS BLOB) WHERE GrainTypeString = 'agreement'", "its format is 2"),
            ("UPDATE OrleansStorage SET PayloadBinary = CAST(json_set(CAST(PayloadBinary AS TEXT), '$.Epoch', 1) AS BLOB) WHERE GrainTypeString = 'workspace'", "its epoch 1 is older"),
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'known-ids' AND GrainIdExtensionString LIKE '%/groups/%'", $"workspace/{workspaceId}, row workspace: the row of the set groups/{tenant}, which has its groups, is gone"),
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'known-ids' AND GrainIdExtensionString LIKE '%/tenants/%'", "agreement/contoso, row agreement: the row of the set tenants/"),
            ("UPDATE OrleansStorage SET PayloadBinary = CAST(json_set(CAST(PayloadBinary AS TEXT), '$.Entries', json('{}')) AS BLOB) WHERE GrainTypeString = 'known-ids' AND GrainIdExtensionString LIKE '%/groups/%'", $"the set groups/{tenant} has gone back: it lacks 41 of its groups"),
            ($"DELETE FROM OrleansStorage WHERE GrainTypeString = 'user' AND GrainIdExtensionString LIKE '%{member.UserId}'", $"workspace-users/{workspaceId}, row people-0: the row of person {member} is gone, or knows an older token"),
            ("DELETE FROM OrleansStorage WHERE GrainTypeString = 'people-0'", $"workspace-users/{workspaceId}, row people-end: row people-0, which the log has begun, is gone"),
            ("UPDATE OrleansStorage SET GrainTypeString = 'unheard-of' WHERE GrainTypeString = 'known-ids-build'", "no grain of this release has such a row"),
        ];
        foreach (var (damage, finding) in damages)
        {
            File.Copy(folder.File(), folder.File("before.db"));
            folder.Execute(damage);
            var bytes = await File.ReadAllBytesAsync(folder.File());

            var (found, said) = await Check();

            Assert.True(found == 1 && said.Contains(finding, StringComparison.Ordinal), $"{damage}: {found} {said}");
            Assert.Equal(bytes, await File.ReadAllBytesAsync(folder.File()));
            File.Move(folder.File("before.db"), folder.File(), overwrite: true);
        }
    }

    /// <summary>A silo that took the rest for the whole log would count wrong, and write over what a restore brings back.</summary>
    [Fact]
    public async Task Log_without_its_newest_row_is_refused_until_the_row_is_restored()
    {
        var workspaceId = await FillStore(new(tenant, Guid.NewGuid()));
        await using (var silo = await TestSilo.Start(folder.File()))
        {
            Assert.Equal(new(IngestStatus.Applied, 600, 0), await Ingest(silo, [.. Enumerable.Range(0, 600).Select(Case)]));
            Assert.Equal(new(IngestStatus.Applied, 1, 0), await Ingest(silo, [Case(600)]));
        }

        folder.Execute("CREATE TABLE Lost AS SELECT * FROM OrleansStorage WHERE GrainTypeString = 'cases-1'");
        folder.Execute("DELETE FROM OrleansStorage WHERE GrainTypeString = 'cases-1'");
        await using (var silo = await TestSilo.Start(folder.File()))
        {
            var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => Ingest(silo, [Case(601)]));
            Assert.StartsWith($"Row cases-1 of support/{workspaceId} is refused: it is lost", refused.Message, StringComparison.Ordinal);
            Assert.Null(folder.Execute("SELECT 1 FROM OrleansStorage WHERE GrainTypeString = 'cases-1'"));
        }

        // The sqlite3 shell stores what is typed as text.
        folder.Execute("INSERT INTO OrleansStorage SELECT * FROM Lost");
        folder.Execute("UPDATE OrleansStorage SET PayloadBinary = CAST(PayloadBinary AS TEXT) WHERE GrainTypeString = 'cases-1'");
        Assert.Equal(0, (await Check()).Code);
        await using var restored = await TestSilo.Start(folder.File());
        Assert.Equal(new(IngestStatus.Applied, 1, 1), await Ingest(restored, [Case(600), Case(601)]));

        Task<IngestOutcome> Ingest(TestSilo silo, ImmutableArray<SupportCase> cases) => silo.Services.GetRequiredService<IGrainFactory>()
            .GetGrain<ISupportGrain>(workspaceId).Ingest(cases, new(ActorKind.Application, tenant, "support", null, AppRoles.SupportCases));

        static SupportCase Case(int n) => new(
            $"{n}", 1, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, "A case", CaseStatus.New, CaseSeverity.C, "Azure", null, null, null, null, null, null, null);
    }

    [Fact]
    public async Task Missing_file_exits_with_1_and_is_not_created()
    {
        var (code, said) = await Check();

        Assert.Equal(1, code);
        Assert.Contains("cannot be read", said, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File()));
    }

    /// <param name="member">A member through a group, who is not a contact.</param>
    private async Task<string> FillStore(PersonId member)
    {
        await using var silo = await TestSilo.Start(folder.File());
        var grains = silo.Services.GetRequiredService<IGrainFactory>();
        var manager = new PersonId(tenant, Guid.NewGuid());
        var agreement = new Agreement(
            "Contoso 2026", AgreementType.EnterpriseSupportMca, new(tenant, "Contoso"), new(2020, 1, 1), new(2099, 12, 31),
            [new(Roles.CustomerSupportManager, manager, "Adele", "adele@contoso.example", null, true)], [], []);
        var put = await grains.GetGrain<IAgreementGrain>("contoso").Put(automation, new(agreement, null));
        var workspaceId = put.Agreement!.Workspaces[0].WorkspaceId;

        var actor = new Actor(ActorKind.User, manager.TenantId, manager.UserId.ToString("D"), "Adele");
        var signIn = SignIn.Create(manager, DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()), new("Adele", null, UserType.Member), []);
        for (var n = 0; n < 40; n++)
        {
            var decision = await grains.GetGrain<IUserGrain>(manager.ToString()).Decide(signIn, workspaceId);
            var outcome = await grains.GetGrain<IWorkspaceGrain>(workspaceId).PutGroup(decision, actor, new(Guid.NewGuid(), $"Group {n}", Roles.SupportUser, null));
            Assert.Equal(PutGroupStatus.Created, outcome.Status);
        }

        var decided = await grains.GetGrain<IUserGrain>(manager.ToString()).Decide(signIn, workspaceId);
        var group = Guid.NewGuid();
        await grains.GetGrain<IWorkspaceGrain>(workspaceId).PutGroup(decided, actor, new(group, "Members", Roles.SupportUser, null));
        var came = SignIn.Create(member, signIn.IssuedAt, new("Lee", null, UserType.Member), [group]);
        Assert.Equal(Standing.Member, (await grains.GetGrain<IUserGrain>(member.ToString()).Decide(came, workspaceId)).Standing);
        return workspaceId;
    }

    private async Task<(int Code, string Said)> Check()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SiloHost).Assembly.Location, "check"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Storage__SqliteFile"] = folder.File();
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return (process.ExitCode, await output + await errors);
    }
}
