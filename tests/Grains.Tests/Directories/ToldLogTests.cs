using EngageCenter.Directories;

namespace EngageCenter.Grains.Tests.Directories;

public sealed class ToldLogTests
{
    private static readonly ToldChange one = new([Guid.NewGuid()], [Guid.NewGuid()]);

    [Fact]
    public void Caller_with_an_earlier_version_gets_the_changes_since()
    {
        var log = new ToldLog(500);
        var begun = log.Since(0);
        Assert.Equal((500, false), (begun.Version, begun.IsKnown));
        Assert.True(log.Since(500).IsKnown);

        log.Add(one);
        log.Add(new([], [Guid.NewGuid()]));

        Assert.Equal((502, true, 2), (log.Since(500).Version, log.Since(500).IsKnown, log.Since(500).Changes.Length));
        Assert.Single(log.Since(501).Changes);
        Assert.Empty(log.Since(502).Changes);
        Assert.False(log.Since(503).IsKnown);
    }

    [Theory]
    [InlineData(ToldLog.MaxChanges + 1, 1)]
    [InlineData(3, ToldLog.MaxPeople / 2)]
    public void Forgotten_changes_are_reported_as_unknown(int changes, int people)
    {
        var log = new ToldLog(500);
        for (var n = 0; n < changes; n++)
        {
            log.Add(one with { People = [.. Enumerable.Range(0, people).Select(_ => Guid.NewGuid())] });
        }

        Assert.False(log.Since(500).IsKnown);
        var known = log.Since(501);
        Assert.Equal((true, changes - 1), (known.IsKnown, known.Changes.Length));
    }
}
