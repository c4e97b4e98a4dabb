using EngageCenter.Access;
using EngageCenter.Activities;
using EngageCenter.Agreements;
using EngageCenter.Assessments;
using EngageCenter.Directories;
using EngageCenter.Learning;
using EngageCenter.Paging;
using EngageCenter.Storage;
using EngageCenter.Support;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests;

public sealed class LimitsTests
{
    [Fact]
    public void What_ARCHITECTURE_says_of_limits_is_what_the_code_has()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "ARCHITECTURE.md"));
        var limits = text[text.IndexOf("## Limits", StringComparison.Ordinal)..];
        string[] said =
        [
            Invariant($"{GroupGrant.MaxPerWorkspace:N0} groups and {SupportCase.MaxPerWorkspace:N0} cases"),
            Invariant($"{CustomerActivity.MaxPerWorkspace:N0} activities and {Enrollment.MaxPerWorkspace:N0} enrolments about {Consumption.MaxProducts:N0} products in a workspace"),
            Invariant($"{Course.MaxCount:N0} courses"),
            Invariant($"{Recommendation.MaxPerRun:N0} recommendations of a run and {AssessmentRun.MaxKept:N0} runs of a technology"),
            Invariant($"{Agreement.MaxContacts:N0} contacts and packages in an agreement"),
            Invariant($"{StoredAgreement.MaxWorkspaces:N0} workspaces of one"),
            Invariant($"{WorkspaceIndex.MaxEntries:N0} of one person or group"),
            Invariant($"{KnownIds.MaxGroups:N0} groups with roles in a tenant"),
            Invariant($"{KnownIds.MaxTenants:N0} tenants named by agreements of each of 256 first bytes"),
            Invariant($"{SignIn.MaxGroups:N0} groups in a token"),
            Invariant($"{DirectoryGroups.MaxGroups:N0} that a directory names of one person"),
            Invariant($"{SupportCase.MaxBatch:N0} updates in a batch"),
            Invariant($"{PageRequest.MaxSize:N0} items on a page"),
            Invariant($"{SegmentedLog<SeenEntry>.MaxBatchBytes / 1024 / 1024:N0} MiB in one write of a log"),
            Invariant($"{PolicyCache.MaxPolicies:N0} policies that a silo holds"),
            Invariant($"{WorkspaceUser.MaxPerWorkspace:N0} people in a workspace's list"),
        ];

        Assert.Equal(Agreement.MaxContacts, Agreement.MaxPackages);
        Assert.All(said, limit => Assert.Contains(limit, limits, StringComparison.Ordinal));
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
