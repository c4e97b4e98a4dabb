using System.Collections.Immutable;
using EngageCenter.Assessments;

namespace EngageCenter.LoadTests;

/// <summary>A cluster with the dataset, and the people and objects that take part in a load test.</summary>
internal sealed class SeededCluster
{
    /// <param name="workspaceIds">In the order of the dataset's numbers.</param>
    /// <param name="today">The day from which the age of the cases counts.</param>
    public SeededCluster(IGrainFactory grains, Dataset data, ImmutableArray<string> workspaceIds, DateTimeOffset today, TimeProvider time)
    {
        (Data, WorkspaceIds) = (data, workspaceIds);
        Visitors = [.. Enumerable.Range(0, data.Size.People).Select(p => new Visitor(grains, data, workspaceIds, p, time))];

        // One slot of every workspace, then the next slot of each. Taking slots in this order goes through all workspaces in turn.
        List<(int Workspace, int Slot)> slots =
            [.. Enumerable.Range(0, DatasetSize.SlotsPerWorkspace).SelectMany(s => Enumerable.Range(0, workspaceIds.Length).Select(w => (w, s)))];
        ChangingGroups = [.. slots.Select(s => new ChangingGroup(grains, data, workspaceIds[s.Workspace], s.Workspace, s.Slot))];
        CaseBlocks = [.. slots.Select(s => new CaseBlock(grains, data, workspaceIds[s.Workspace], s.Slot, today, time))];
        ActivityBlocks = [.. slots.Select(s => new ActivityBlock(grains, workspaceIds[s.Workspace], s.Workspace, s.Slot))];
        EnrollmentBlocks = [.. slots.Select(s => new EnrollmentBlock(grains, data, workspaceIds[s.Workspace], s.Slot))];
        Technologies = [.. TechnologyTable.All.SelectMany(t => workspaceIds.Select(id => new AssessedTechnology(grains, data.Learners[0], id, t.Id)))];
    }

    public Dataset Data { get; }

    public ImmutableArray<string> WorkspaceIds { get; }

    public ImmutableArray<Visitor> Visitors { get; }

    public ImmutableArray<ChangingGroup> ChangingGroups { get; }

    public ImmutableArray<CaseBlock> CaseBlocks { get; }

    public ImmutableArray<ActivityBlock> ActivityBlocks { get; }

    public ImmutableArray<EnrollmentBlock> EnrollmentBlocks { get; }

    /// <summary>All technologies of every workspace.</summary>
    public ImmutableArray<AssessedTechnology> Technologies { get; }
}
