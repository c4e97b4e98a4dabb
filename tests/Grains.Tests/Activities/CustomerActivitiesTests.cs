using System.Collections.Immutable;
using CsCheck;
using EngageCenter.Agreements;
using EngageCenter.Paging;
using EngageCenter.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using static EngageCenter.Activities.Puts;

namespace EngageCenter.Activities;

public class CustomerActivitiesTests
{
    private static readonly ActivityQuery All = new(null, null, null, null, null, new(PageRequest.MaxSize, null));
    private static readonly ImmutableArray<Package> Unified = [Package("unified", 100)];

    [Fact]
    public void The_proof_equals_a_recomputation_after_every_step() =>
        Gen.Select(Any, Contract, Gen.Int[0, 3]).Array[1, 60].Sample(steps =>
        {
            var activities = new CustomerActivities();
            Dictionary<string, Known> model = [];
            var contract = steps[0].Item2;
            var epoch = 1L;
            foreach (var (activity, next, change) in steps)
            {
                if (change == 0)
                {
                    contract = next;
                    epoch++;
                }

                var decision = Put(activities, activity, contract, epoch);
                var expected = Model(model, activity, contract, epoch);
                Assert.Equal(expected, decision.Outcome.Status);
                Equal(Recomputation(model.Values, contract), activities.Proof("agreement", contract, Now));
            }

            Assert.Equal(model.Values.Select(k => k.Activity).OrderBy(a => a.ActivityId, StringComparer.Ordinal), Everything(activities));
        }, iter: 2_000);

    [Fact]
    public void Proof_does_not_depend_on_repetitions_or_on_the_order_of_activities() =>
        Gen.Select(Any.Array[0, 60], Contract.Where(c => c.Length > 0), Gen.Int).Sample((updates, contract, seed) =>
        {
            var (inOrder, shuffled) = (new CustomerActivities(), new CustomerActivities());
            foreach (var update in updates)
            {
                Put(inOrder, update, contract, 1);
            }

            // The updates of each activity keep their order, and each may be delivered again before the next one.
            var random = new Random(seed);
            var queues = updates.GroupBy(u => u.ActivityId).Select(g => new Queue<CustomerActivity>(g)).ToList();
            while (queues.Count > 0)
            {
                var queue = queues[random.Next(queues.Count)];
                Put(shuffled, queue.Peek(), contract, 1);
                if (random.Next(3) > 0)
                {
                    queue.Dequeue();
                }

                queues.RemoveAll(q => q.Count == 0);
            }

            Assert.Equal(Everything(inOrder), Everything(shuffled));
            Equal(inOrder.Proof("agreement", contract, Now), shuffled.Proof("agreement", contract, Now));
        }, iter: 1_000);

    [Fact]
    public async Task Activities_read_from_storage_equal_those_in_memory() =>
        await Gen.Select(Gen.Select(Any, Contract).Array[1, 80], Gen.Int[1, 5], Contract).SampleAsync(async (steps, batch, last) =>
        {
            var store = new RowStore();
            var (activities, log) = await Open(store);
            var batches = new BatchedLog<StoredActivity>(log, batch, 1_000, activities.Apply, () => Assert.Fail("Nothing failed."));
            List<Task> stored = [];
            var epoch = 0L;
            foreach (var (activity, contract) in steps)
            {
                var decision = activities.Decide(new(activity, null), batches.Accepted(activity.ActivityId), contract, ++epoch, batches.Pending);
                stored.Add(decision.Entry is { } entry ? batches.Store(entry) : Task.CompletedTask);
            }

            await Task.WhenAll(stored);
            var (again, _) = await Open(store);

            Assert.Equal(Everything(activities), Everything(again));
            foreach (var activity in Everything(activities))
            {
                Assert.Equal(activities.Find(activity.ActivityId), again.Find(activity.ActivityId));
            }

            Equal(activities.Proof("agreement", last, Now), again.Proof("agreement", last, Now));
        }, iter: 300);

    [Fact]
    public void Hours_are_exact_to_the_last_decimal()
    {
        var activities = new CustomerActivities();
        for (var i = 0; i < 10_000; i++)
        {
            Put(activities, Activity($"{i}", delivered: 0.0001m, purchased: 999_999.9999m), [Package("unified")], 1);
        }

        var figures = activities.Proof("agreement", [Package("unified")], Now).Totals;
        Assert.Equal((9_999_999_999m, 1m), (figures.HoursPurchased, figures.HoursDelivered));
        Assert.Equal(9_999_999_998m, figures.HoursRemaining);
        for (var i = 1; i < 10_000; i++)
        {
            Put(activities, Activity($"{i}", status: ActivityStatus.Cancelled, delivered: 0.0001m), [Package("unified")], 1);
        }

        Assert.Equal("0.0001", $"{activities.Proof("agreement", [Package("unified")], Now).Totals.HoursDelivered}");
    }

    [Fact]
    public void Purchased_hours_come_from_the_agreement_otherwise_from_the_activities()
    {
        var activities = Of(
            Activity("1", "stated", purchased: 5, delivered: 12.5m), Activity("2", "stated", ActivityStatus.InProgress, purchased: 7, delivered: 0.25m),
            Activity("3", "open", ActivityStatus.Planned, purchased: 5), Activity("4", "open", purchased: 7.5m, delivered: 20),
            Activity("5", "open", ActivityStatus.Cancelled, purchased: 100, delivered: 100));

        var proof = activities.Proof("agreement", [Package("open"), Package("stated", 10), Package("idle", 3), Package("bare")], Now);

        Assert.Equal(
            [new("open", new(12.5m, 20, 1, 1)), new("stated", new(10, 12.75m, 1, 0)), new("idle", new(3, 0, 0, 0)), new("bare", default)],
            proof.Lines.Select(l => KeyValuePair.Create(l.PackageId, l.Figures)));
        Assert.Equal([-7.5m, -2.75m, 3, 0], proof.Lines.Select(l => l.Figures.HoursRemaining));
        Assert.Equal((new(25.5m, 32.75m, 2, 1), -7.25m), (proof.Totals, proof.Totals.HoursRemaining));
        Assert.Equal(("agreement", Now), (proof.AgreementId, proof.AsOf));
    }

    [Fact]
    public void Package_that_left_keeps_its_last_known_name_while_its_activities_count()
    {
        var activities = new CustomerActivities();
        Put(activities, Activity("1", "b", delivered: 1, purchased: 4), [Package("b", 50, "Before", PackageKind.EnterpriseWide)], 1);
        Put(activities, Activity("2", "b", delivered: 2), [Package("b", 50, "Renamed")], 5);
        Put(activities, Activity("3", "a", ActivityStatus.Planned), [Package("a")], 6);
        Put(activities, Activity("4", "c", ActivityStatus.Cancelled), [Package("c")], 6);

        var proof = activities.Proof("agreement", Unified, Now);
        Assert.Equal(
            [new("unified", "unified", PackageKind.AddOn, new(100, 0, 0, 0)), new("a", "a", PackageKind.AddOn, new(0, 0, 0, 1)), new("b", "Renamed", PackageKind.AddOn, new(4, 3, 2, 0))],
            proof.Lines.ToArray());

        // Without the activity that has the newer name, the other activity's name is shown.
        Put(activities, Activity("2", "b", ActivityStatus.Cancelled), Unified, 7);
        Assert.Equal(new("b", "Before", PackageKind.EnterpriseWide, new(4, 1, 1, 0)), activities.Proof("agreement", Unified, Now).Lines[^1]);

        Put(activities, Activity("1", "b", ActivityStatus.Cancelled), Unified, 7);
        Assert.Equal(["unified", "a"], activities.Proof("agreement", Unified, Now).Lines.Select(l => l.PackageId));
    }

    [Fact]
    public void Package_must_be_in_the_contract_or_be_the_activitys_own()
    {
        var activities = Of(Activity("1", "gone"));

        Assert.Equal(PutActivityStatus.UnknownPackage, Put(activities, Activity("2", "gone"), Unified, 2).Outcome.Status);
        Assert.Equal(PutActivityStatus.UnknownPackage, Put(activities, Activity("2", "UNIFIED"), Unified, 2).Outcome.Status);
        Assert.Equal(PutActivityStatus.UnknownPackage, Put(activities, Activity("1", "other"), Unified, 2).Outcome.Status);
        Assert.Equal(PutActivityStatus.Updated, Put(activities, Activity("1", "gone", title: "Changed"), Unified, 2).Outcome.Status);
        Assert.Equal(PutActivityStatus.Updated, Put(activities, Activity("1", "unified"), Unified, 2).Outcome.Status);
        Assert.Equal(PutActivityStatus.UnknownPackage, Put(activities, Activity("1", "gone"), Unified, 2).Outcome.Status);
    }

    [Fact]
    public void Repeated_put_changes_nothing_and_a_change_raises_the_version()
    {
        var activities = new CustomerActivities();
        var activity = Activity(purchased: 12.5m, planned: Now, evidence: "https://contoso.example/a");
        Assert.Equal((PutActivityStatus.Created, 1L), Answer(Put(activities, activity, Unified, 1)));
        Assert.Equal((PutActivityStatus.Updated, 1L), Answer(Put(activities, activity, Unified, 2)));
        Assert.Equal((PutActivityStatus.Updated, 1L), Answer(Put(activities, activity with { HoursPurchased = 12.5000m, PlannedAt = Now.ToOffset(TimeSpan.FromHours(2)) }, Unified, 2)));
        Assert.Equal((PutActivityStatus.Updated, 1L), Answer(Put(activities, activity, [], 3)));
        Assert.Equal((PutActivityStatus.Updated, 2L), Answer(Put(activities, activity with { EvidenceUri = null }, [], 3)));
        Assert.Equal((PutActivityStatus.Updated, 3L), Answer(Put(activities, activity, [], 3)));
        Assert.Equal([activity], Everything(activities));

        static (PutActivityStatus, long) Answer(ActivityDecision decision) => (decision.Outcome.Status, decision.Outcome.Activity!.Version);
    }

    [Fact]
    public void Condition_is_compared_with_the_accepted_version()
    {
        var activities = Of(Activity());
        var accepted = activities.Find("one")! with { Version = 2 };

        Assert.Equal(PutActivityStatus.VersionMismatch, Decide(1, accepted).Status);
        Assert.Equal(PutActivityStatus.Updated, Decide(2, accepted).Status);
        Assert.Equal(PutActivityStatus.Updated, Decide(null, accepted).Status);
        Assert.Equal(PutActivityStatus.VersionMismatch, Decide(0, null).Status);
        Assert.Equal(PutActivityStatus.VersionMismatch, Decide(null, null).Status);

        // The condition is checked before the rules of the domain, and also if nothing would change.
        Assert.Equal(PutActivityStatus.VersionMismatch, activities.Decide(new(Activity(package: "other"), new(1)), accepted, Unified, 1, 0).Outcome.Status);
        Assert.Equal(PutActivityStatus.VersionMismatch, activities.Decide(new(Activity(), new(1)), accepted, Unified, 1, 0).Outcome.Status);

        PutActivityOutcome Decide(long? version, StoredActivity? current) =>
            activities.Decide(new(Activity(title: "Changed"), new(version)), current, Unified, 1, 0).Outcome;
    }

    [Fact]
    public void Full_workspace_takes_nothing_new_but_still_updates_its_own()
    {
        var activities = new CustomerActivities(limit: 2);
        Put(activities, Activity("1"), Unified, 1);
        Assert.Equal(PutActivityStatus.TooManyActivities, activities.Decide(new(Activity("2"), null), null, Unified, 1, pending: 1).Outcome.Status);
        Assert.Equal(PutActivityStatus.Created, Put(activities, Activity("2"), Unified, 1).Outcome.Status);
        Assert.Equal(PutActivityStatus.TooManyActivities, Put(activities, Activity("3"), Unified, 1).Outcome.Status);
        Assert.Equal(PutActivityStatus.Updated, Put(activities, Activity("1", title: "Changed"), Unified, 1).Outcome.Status);
        Assert.Equal(2, activities.Count);
    }

    [Fact]
    public void Value_outside_of_the_limits_throws()
    {
        CustomerActivity[] faults =
        [
            Activity(""),
            Activity(new('x', CustomerActivity.MaxIdLength + 1)),
            Activity(title: ""),
            Activity(title: new('x', (2 * CustomerActivity.MaxTitleLength) + 1)),
            Activity(status: (ActivityStatus)9),
            Activity(kind: (ActivityKind)9),
            Activity(purchased: -1),
            Activity(purchased: 1_000_000.0001m),
            Activity(delivered: 0.00001m),
            Activity(evidence: new('x', CustomerActivity.MaxUriLength + 1)),
        ];
        foreach (var fault in faults)
        {
            Assert.Throws<ArgumentException>(() => new CustomerActivities().Decide(new(fault, null), null, Unified, 1, 0));
        }

        Put(new(), Activity(title: string.Concat(Enumerable.Repeat("😀", CustomerActivity.MaxTitleLength))), Unified, 1);
    }

    [Fact]
    public void Pages_of_any_query_have_all_matching_items_in_order() =>
        Gen.Select(Any.Array[0, 60], Queries, Gen.Int[1, 5]).Sample((updates, query, size) =>
        {
            var activities = Of(updates);
            var expected = Everything(activities).Where(a => Matches(a, query)).ToList();

            List<CustomerActivity> met = [];
            Page<CustomerActivity>? page = null;
            do
            {
                page = activities.Page(query with { Page = new(size, page?.Next) });
                Assert.InRange(page.Items.Length, page.Next is null ? 0 : size, size);
                Assert.Equal(query.Count ? expected.Count : 0, page.TotalCount);
                met.AddRange(page.Items);
            }
            while (page.Next is not null);

            Assert.Equal(expected, met);
        }, iter: 2_000);

    [Fact]
    public void List_is_ordered_by_id_for_any_order_of_puts() =>
        Gen.String[Gen.Char["-.019AZ_az~"], 1, 4].Array[0, 80].Sample(ids =>
        {
            var activities = new CustomerActivities();
            activities.Apply(ids.Distinct().Select(id => StoredActivity.From(Activity(id), 1, new("unified", "", PackageKind.AddOn, 1))));
            Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), Everything(activities).Select(a => a.ActivityId));
        });

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("activities/")]
    [InlineData("Activities/one")]
    public void Unknown_cursor_is_refused(string cursor) =>
        Assert.Throws<InvalidCursorException>(() => Of(Activity()).Page(All with { Page = new(1, cursor) }));

    [Fact]
    public void Cursor_names_an_activity_of_the_list()
    {
        var activities = Of(Activity("a"), Activity("c"));
        Assert.Equal(["c"], activities.Page(All with { Page = new(10, "activities/a") }).Items.Select(a => a.ActivityId));
        Assert.Empty(activities.Page(All with { Page = new(10, "activities/c") }).Items);
        Assert.Throws<InvalidCursorException>(() => activities.Page(All with { Page = new(10, "activities/b") }));
    }

    private static Gen<ActivityQuery> Queries { get; } =
        from kind in Gen.Frequency((3, Gen.Const((ActivityKind?)null)), (1, Gen.Enum<ActivityKind>().Select(k => (ActivityKind?)k)))
        from status in Gen.Frequency((3, Gen.Const((ActivityStatus?)null)), (1, Gen.Enum<ActivityStatus>().Select(s => (ActivityStatus?)s)))
        from package in Gen.Int[0, 3].Select(n => n switch { 0 => "package-1", 1 => "Package-1", _ => null })
        from window in Gen.Select(Gen.Int[-5, 10], Gen.Int[-5, 10])
        from count in Gen.Bool
        select new ActivityQuery(
            kind, status, package,
            window.Item1 < 0 ? null : Now.AddDays(window.Item1), window.Item2 < 0 ? null : Now.AddDays(window.Item2), All.Page, count);

    private static bool Matches(CustomerActivity activity, ActivityQuery query)
    {
        var date = activity.DeliveredAt ?? activity.PlannedAt;
        return (query.Kind is null || query.Kind == activity.Kind)
            && (query.Status is null || query.Status == activity.Status)
            && (query.PackageId is null || query.PackageId == activity.PackageId)
            && (query.From is null || (date is not null && date.Value >= query.From.Value))
            && (query.To is null || (date is not null && date.Value < query.To.Value));
    }

    private static CustomerActivities Of(params CustomerActivity[] updates)
    {
        var activities = new CustomerActivities();
        foreach (var update in updates)
        {
            Put(activities, update, [Package(update.PackageId)], 1);
        }

        return activities;
    }

    private static ActivityDecision Put(CustomerActivities activities, CustomerActivity activity, ImmutableArray<Package> contract, long epoch)
    {
        var accepted = activities.Find(activity.ActivityId);
        var decision = activities.Decide(new(activity, null), accepted, contract, epoch, 0);
        if (decision.Entry is { } entry && entry != accepted)
        {
            activities.Apply([entry]);
        }

        return decision;
    }

    private static async Task<(CustomerActivities Activities, SegmentedLog<StoredActivity> Log)> Open(RowStore store)
    {
        var activities = new CustomerActivities();
        var log = new SegmentedLog<StoredActivity>(store, GrainId.Create("activity", "one"), "activities", () => { }, RowStore.Refused, NullLogger.Instance);
        await log.Load(activities.Share);
        activities.Apply(log.Entries);
        return (activities, log);
    }

    private static CustomerActivity[] Everything(CustomerActivities activities) => [.. activities.Page(All).Items];

    private static void Equal(ProofOfExecution expected, ProofOfExecution actual)
    {
        Assert.Equal((expected.AgreementId, expected.AsOf, expected.Totals), (actual.AgreementId, actual.AsOf, actual.Totals));
        Assert.Equal(expected.Lines.ToArray(), actual.Lines.ToArray());
    }

    // A model that is independent of the tested code: the outcome of a put, and the figures of all activities.
    private static PutActivityStatus Model(Dictionary<string, Known> model, CustomerActivity activity, ImmutableArray<Package> contract, long epoch)
    {
        var exists = model.TryGetValue(activity.ActivityId, out var before);
        if (exists && before!.Activity == activity)
        {
            return PutActivityStatus.Updated;
        }

        if (contract.SingleOrDefault(p => p.PackageId == activity.PackageId) is { } package)
        {
            model[activity.ActivityId] = new(activity, package.Name, package.Kind, epoch);
        }
        else if (exists && before!.Activity.PackageId == activity.PackageId)
        {
            model[activity.ActivityId] = before with { Activity = activity };
        }
        else
        {
            return PutActivityStatus.UnknownPackage;
        }

        return exists ? PutActivityStatus.Updated : PutActivityStatus.Created;
    }

    private static ProofOfExecution Recomputation(IEnumerable<Known> all, ImmutableArray<Package> contract)
    {
        var counting = all.Where(k => k.Activity.Status != ActivityStatus.Cancelled).ToLookup(k => k.Activity.PackageId);
        List<ProofLine> lines = [];
        foreach (var package in contract)
        {
            lines.Add(Line(package.PackageId, package.Name, package.Kind, package.HoursPurchased));
        }

        foreach (var left in counting.Select(g => g.Key).Where(id => contract.All(p => p.PackageId != id)).Order(StringComparer.Ordinal))
        {
            var last = counting[left].MaxBy(k => k.Epoch)!;
            lines.Add(Line(left, last.Name, last.Kind, null));
        }

        return new("agreement", Now, [.. lines], new(
            lines.Sum(l => l.Figures.HoursPurchased), lines.Sum(l => l.Figures.HoursDelivered), lines.Sum(l => l.Figures.Delivered), lines.Sum(l => l.Figures.Planned)));

        ProofLine Line(string id, string name, PackageKind kind, decimal? stated) => new(id, name, kind, new(
            stated ?? counting[id].Sum(k => k.Activity.HoursPurchased ?? 0),
            counting[id].Sum(k => k.Activity.HoursDelivered ?? 0),
            counting[id].Count(k => k.Activity.Status == ActivityStatus.Delivered),
            counting[id].Count(k => k.Activity.Status == ActivityStatus.Planned)));
    }

    private sealed record Known(CustomerActivity Activity, string Name, PackageKind Kind, long Epoch);
}
