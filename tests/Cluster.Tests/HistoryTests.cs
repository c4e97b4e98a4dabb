namespace EngageCenter.Cluster.Tests;

/// <summary>The checker finds violations and only violations. Times are numbered in order.</summary>
public class HistoryTests
{
    private static readonly Change granted = new("w", "1", Grants: true, 0, 10, Acknowledged: true);
    private static readonly Change revoked = new("w", "2", Grants: false, 20, 30, Acknowledged: true);
    private static readonly Change unsureRevocation = revoked with { Acknowledged = false };

    [Fact]
    public void Allow_that_starts_after_the_acknowledged_revocation_is_stale() =>
        Assert.Contains("Stale", Assert.Single(Of([granted, revoked], Check(31, 32, true, 1))), StringComparison.Ordinal);

    [Fact]
    public void Deny_that_starts_after_the_acknowledged_grant_is_stale() =>
        Assert.Contains("Stale", Assert.Single(Of([granted], Check(11, 12, false, 1))), StringComparison.Ordinal);

    [Fact]
    public void Either_answer_is_correct_during_a_change() =>
        Assert.Empty(Of([granted, revoked], Check(15, 16, true, 1), Check(19, 21, false, 2), Check(20, 31, true, 1), Check(31, 32, false, 2)));

    [Fact]
    public void Allow_after_a_revocation_is_correct_only_after_the_start_of_the_next_grant()
    {
        var again = new Change("w", "3", Grants: true, 40, 50, Acknowledged: false);

        Assert.Single(Of([granted, revoked, again], Check(31, 39, true, 1)));
        Assert.Empty(Of([granted, revoked, again], Check(31, 41, true, 3)));
    }

    [Fact]
    public void Unacknowledged_change_may_or_may_not_have_happened_until_the_next_acknowledgement()
    {
        var again = new Change("w", "3", Grants: true, 40, 50, Acknowledged: true);

        Assert.Empty(Of([granted, unsureRevocation], Check(31, 32, true, 1), Check(33, 34, false, 2)));
        Assert.Single(Of([granted, unsureRevocation, again], Check(51, 52, false, 2)));
    }

    [Fact]
    public void Smaller_epoch_after_a_completed_decision_is_a_violation()
    {
        Assert.Contains("Epoch", Assert.Single(Of([granted], Check(11, 12, true, 2), Check(13, 14, true, 1))), StringComparison.Ordinal);
        Assert.Contains("Epoch", Assert.Single(Of([granted], Check(11, 12, true, 2), Check(11, 20, true, 3), Check(13, 14, true, 1))), StringComparison.Ordinal);
        Assert.Empty(Of([granted], Check(11, 13, true, 2), Check(12, 14, true, 1)));
    }

    [Fact]
    public void Two_policies_of_one_epoch_are_a_violation() =>
        Assert.Contains("two policies", Assert.Single(Of([granted, unsureRevocation], Check(31, 32, true, 1), Check(33, 34, false, 1))), StringComparison.Ordinal);

    [Fact]
    public void Workspaces_are_checked_separately() =>
        Assert.Empty(Of([granted, revoked], Check(31, 32, true, 1) with { Workspace = "another" }, Check(31, 32, false, 2)));

    [Fact]
    public void Acknowledged_change_that_is_missing_at_the_end_is_a_violation()
    {
        Assert.Contains("Lost", Assert.Single(Of([granted, revoked], true, ("1", 1), ("2", 1))), StringComparison.Ordinal);
        Assert.Empty(Of([granted, revoked], false, ("1", 1), ("2", 1)));
        Assert.Empty(Of([granted, unsureRevocation], true, ("1", 1)));
        Assert.Empty(Of([granted, unsureRevocation], false, ("1", 1), ("2", 1)));
    }

    [Fact]
    public void Acknowledged_change_must_be_recorded_once()
    {
        Assert.Contains("Recorded 0", Assert.Single(Of([granted, revoked], false, ("2", 1))), StringComparison.Ordinal);
        Assert.Contains("Recorded 2", Assert.Single(Of([granted, unsureRevocation], false, ("1", 1), ("2", 2))), StringComparison.Ordinal);
    }

    private static Check Check(long start, long end, bool allowed, long epoch) => new("w", start, end, allowed, epoch, "web");

    private static IReadOnlyList<string> Of(Change[] changes, params Check[] checks)
    {
        var history = new History();
        Array.ForEach(changes, history.Changes.Enqueue);
        Array.ForEach(checks, history.Checks.Enqueue);
        return history.Violations();
    }

    private static IReadOnlyList<string> Of(Change[] changes, bool granted, params (string Name, int Times)[] recorded)
    {
        var history = new History();
        Array.ForEach(changes, history.Changes.Enqueue);
        history.End["w"] = (granted, recorded.ToDictionary(r => r.Name, r => r.Times));
        return history.Violations();
    }
}
