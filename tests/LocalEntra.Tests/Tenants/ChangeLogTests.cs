using EngageCenter.LocalEntra.Tenants;

namespace EngageCenter.LocalEntra.Tests.Tenants;

public sealed class ChangeLogTests
{
    [Fact]
    public void Loading_is_not_recorded_as_a_change()
    {
        var log = new ChangeLog();
        log.Append(Number(1));
        log.Start();
        log.Append(Number(2));

        Assert.Equal(1, log.Last);
        Assert.Equal([Number(2)], log.Between(0, 1));
    }

    [Fact]
    public void Oldest_changes_are_dropped_and_readers_are_told()
    {
        var log = new ChangeLog(limit: 10);
        log.Start();
        for (var i = 1; i <= 25; i++)
        {
            log.Append(Number(i));
        }

        Assert.Equal(25, log.Last);
        Assert.Null(log.Between(0, 25));
        Assert.Equal([Number(24), Number(25)], log.Between(23, 25));
        Assert.Null(log.Between(25, 26));
        Assert.Empty(log.Between(25, 25)!);
    }

    private static Change Number(int number) => new(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), ChangeKind.Updated);
}
