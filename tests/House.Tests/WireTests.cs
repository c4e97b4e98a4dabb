using System.Reflection;
using EngageCenter.Access;

namespace EngageCenter.House.Tests;

/// <summary>What crosses the wire or is stored keeps its identity when a class is renamed.</summary>
public class WireTests
{
    // Orleans generates types of its own into both assemblies.
    private static readonly Type[] Types =
        [.. typeof(AccessDecision).Assembly.GetTypes().Concat(typeof(GrainsHosting).Assembly.GetTypes())
            .Where(t => t.Namespace?.StartsWith("EngageCenter", StringComparison.Ordinal) == true)];

    private static readonly Type[] Interfaces = [.. Types.Where(t => t.IsInterface && typeof(IAddressable).IsAssignableFrom(t))];

    [Fact]
    public void There_is_something_to_look_at() => Assert.True(Interfaces.Length >= 10, $"{Interfaces.Length} interfaces");

    [Fact]
    public void Every_grain_has_a_type_of_its_own() =>
        Assert.DoesNotContain(Types, t => typeof(Grain).IsAssignableFrom(t) && !t.IsAbstract && t.GetCustomAttribute<GrainTypeAttribute>() is null);

    [Fact]
    public void Every_grain_interface_has_an_identity_and_so_has_each_method()
    {
        Assert.DoesNotContain(Interfaces, i => i.GetCustomAttribute<GrainInterfaceTypeAttribute>() is null || i.GetCustomAttribute<AliasAttribute>() is null);
        Assert.DoesNotContain(Interfaces.SelectMany(i => i.GetMethods()), m => m.GetCustomAttribute<AliasAttribute>() is null);
    }

    [Fact]
    public void Everything_serialized_has_an_alias_that_nothing_else_has()
    {
        var serialized = Types.Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null).ToList();

        Assert.DoesNotContain(serialized, t => t.GetCustomAttribute<AliasAttribute>() is null);
        Assert.Empty(Types.Select(t => t.GetCustomAttribute<AliasAttribute>()?.Alias).OfType<string>().GroupBy(a => a).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void The_grain_layer_shows_its_hosting_its_options_its_directory_and_how_rows_are_stored_and_nothing_else() => Assert.Equal(
        ["AccessOptions", "AssessmentOptions", "DirectoryUnavailableException", "GrainsHosting", "GroupChange", "GroupChanges", "IDirectory", "IStoredRows", "RefusedRows", "RowFormat", "RowRefusedException", "StoreCheck", "StoredRow", "StoredRowKind"],
        typeof(GrainsHosting).Assembly.GetExportedTypes().Intersect(Types).Select(t => t.Name).Order());

    [Fact]
    public void Classes_are_sealed_unless_they_are_made_to_be_derived_from() => Assert.Empty(Types
        .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false }
            && t.GetCustomAttribute<System.Runtime.CompilerServices.CompilerGeneratedAttribute>() is null
            && t.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is null)
        .Select(t => t.FullName));
}
