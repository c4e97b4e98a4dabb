using System.Reflection;

namespace EngageCenter.Storage;

/// <summary>Everything that a grain stores is among the kinds of rows, and has a checked-in row of each release for tests.</summary>
public sealed class StoredRowKindTests
{
    private static readonly Type[] types = typeof(StoredRowKind).Assembly.GetTypes();

    [Fact]
    public void Every_persistent_state_of_a_grain_is_a_kind_of_row()
    {
        var states = types
            .Where(type => type.IsSubclassOf(typeof(Grain)))
            .SelectMany(type => type.GetConstructors().SelectMany(c => c.GetParameters()).Select(parameter => (Grain: type, Parameter: parameter)))
            .Where(p => p.Parameter.ParameterType is { IsGenericType: true } state && state.GetGenericTypeDefinition() == typeof(IPersistentState<>))
            .Select(p => (
                GrainType: p.Grain.GetCustomAttribute<GrainTypeAttribute>()!.GetGrainType(null!, null!).ToString()!,
                Name: p.Parameter.GetCustomAttribute<PersistentStateAttribute>()!.StateName,
                Type: p.Parameter.ParameterType.GetGenericArguments()[0]))
            .ToList();

        Assert.NotEmpty(states);
        Assert.All(states, state => Assert.Contains(StoredRowKind.All, kind => (kind.GrainType, kind.Name, kind.Type) == state));
    }

    [Fact]
    public void Every_entry_of_a_log_is_in_a_kind_of_row() => Assert.All(
        types.Where(type => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ILogEntry<>) && i.GetGenericArguments()[0] == type)),
        entry => Assert.Contains(StoredRowKind.All, kind => kind.Type == typeof(LogSegment<>).MakeGenericType(entry)));

    [Fact]
    public void Every_kind_of_row_has_one_of_each_release() => Assert.All(
        StoredRowKind.All,
        kind => Assert.All(CheckedInRows.Formats, format => Assert.True(File.Exists(CheckedInRows.FileOf(format, kind)), CheckedInRows.FileOf(format, kind))));

    [Fact]
    public void Every_format_has_rows_that_were_checked_in() => Assert.Equal(Enumerable.Range(0, RowFormat.Newest + 1), CheckedInRows.Formats);
}
