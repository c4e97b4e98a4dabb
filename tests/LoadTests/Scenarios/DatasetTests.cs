using EngageCenter.Agreements;
using EngageCenter.Support;

namespace EngageCenter.LoadTests;

public class DatasetTests
{
    private static readonly DatasetSize size = new("test", 10, 60, 50);

    [Fact]
    public void Same_size_gives_the_same_organization_and_another_size_shares_nothing()
    {
        var (one, same) = (new Dataset(size), new Dataset(size));
        Assert.Equal(one.People.Select(p => p.Person), same.People.Select(p => p.Person));
        Assert.Equal(one.Agreement(), same.Agreement());
        Assert.Equal(one.AgreementId, same.AgreementId);

        Assert.All(
            [size with { Name = "other" }, size with { Workspaces = 11 }, size with { People = 61 }, size with { Batch = 51 }],
            other =>
            {
                var data = new Dataset(other);
                Assert.NotEqual(one.AgreementId, data.AgreementId);
                Assert.NotEqual(one.Tenant, data.Tenant);
                Assert.Empty(one.People.Select(p => p.Person).Intersect(data.People.Select(p => p.Person)));
            });
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 9, 1)]
    [InlineData(3, 7, 20)]
    [InlineData(DatasetSize.MaxWorkspaces, 30, SupportCase.MaxBatch)]
    public void Dataset_is_within_the_limits_of_the_service(int workspaces, int people, int batch)
    {
        var data = new Dataset(new("abcdefghijklmnopqrst", workspaces, people, batch));

        Assert.InRange(data.AgreementId.Length, 1, 64);
        Assert.InRange(data.Agreement().Packages.Length, 1, Agreement.MaxPackages);
        Assert.InRange(data.Size.CasesPerWorkspace, 1, SupportCase.MaxPerWorkspace);
        Assert.InRange(data.Agreement().BillingReaders.Length, 1, Agreement.MaxBillingReaders);
        Assert.All(data.People.Concat(data.Witnesses).Concat(data.Learners), p => Assert.InRange(p.Groups.Length, 1, 200));
        var everyone = data.People.Concat(data.Witnesses).Concat(data.Learners).Append(data.Manager).Select(p => p.Person).Append(data.AccountManager.Person).ToList();
        Assert.Equal(everyone.Count, everyone.Distinct().Count());
    }

    [Fact]
    public void Members_have_the_group_of_their_workspace_and_witnesses_only_changing_groups()
    {
        var data = new Dataset(size);
        Assert.All(data.People.Index(), p => Assert.Equal(
            Enumerable.Range(0, 10).Where(w => data.IsMember(p.Index, w)).Select(data.Group).Order(), p.Item.Groups));
        Assert.Contains(Enumerable.Range(0, 60), p => !data.IsMember(p, 5));

        var changing = Enumerable.Range(0, 10).SelectMany(w => Enumerable.Range(0, DatasetSize.SlotsPerWorkspace).Select(s => data.ChangingGroup(w, s))).ToList();
        Assert.Equal(size.Workspaces * DatasetSize.SlotsPerWorkspace, changing.Distinct().Count());
        Assert.Equal(changing.Order(), data.Witnesses.SelectMany(w => w.Groups).Order());
        Assert.Empty(changing.Intersect(data.People.SelectMany(p => p.Groups)));
    }

    [Fact]
    public void Activities_and_courses_are_ordered_by_their_numbers()
    {
        var data = new Dataset(size);
        var (activities, courses) = (Enumerable.Range(0, DatasetSize.ActivitiesPerWorkspace).Select(Dataset.ActivityId), Enumerable.Range(0, DatasetSize.Courses).Select(data.CourseId));

        Assert.Equal(activities.Order(StringComparer.Ordinal), activities);
        Assert.Equal(courses.Order(StringComparer.Ordinal), courses);
    }

    [Fact]
    public void Batches_of_a_workspace_share_no_case_and_a_later_batch_is_newer()
    {
        var today = new DateTimeOffset(2026, 3, 31, 0, 0, 0, TimeSpan.Zero);
        var data = new Dataset(size);
        var all = Enumerable.Range(0, DatasetSize.SlotsPerWorkspace).SelectMany(s => data.Batch(s, today, today, 0)).ToList();

        Assert.Equal(size.CasesPerWorkspace, all.Select(c => c.CaseId).Distinct().Count());
        Assert.All(all, c => Assert.InRange(c.CreatedAt, today.AddMonths(-6).AddDays(1), today));
        Assert.All(data.Batch(3, today, today.AddTicks(1), 0).Zip(data.Batch(3, today, today, 1)), c =>
        {
            Assert.True(c.First.Supersedes(c.Second));
            Assert.Equal(c.First.CreatedAt, c.Second.CreatedAt);
        });
    }
}
