using EngageCenter.Access;

namespace EngageCenter.Grains.Tests.Access;

public class WorkspaceIndexTests
{
    [Fact]
    public void Late_removal_does_not_remove_a_later_addition()
    {
        var index = WorkspaceIndex.Empty.With("w", 3)!.With("w", 7)!;

        Assert.Same(index, index.Without("w", 6));
        Assert.Empty(index.Without("w", 7).Entries);
    }

    [Fact]
    public void Adding_again_changes_nothing()
    {
        var index = WorkspaceIndex.Empty.With("w", 3)!;

        Assert.Same(index, index.With("w", 2));
        Assert.Equal(1, index.Version);
    }

    [Fact]
    public void Full_index_takes_no_new_workspace_but_still_updates_its_own()
    {
        var index = Enumerable.Range(0, WorkspaceIndex.MaxEntries).Aggregate(WorkspaceIndex.Empty, (i, n) => i.With($"w{n}", 1)!);

        Assert.Null(index.With("one more", 1));
        Assert.NotNull(index.With("w0", 2));
    }
}
