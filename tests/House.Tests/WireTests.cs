using System.Reflection;
using EngageCenter.Access;

namespace EngageCenter.House.Tests;

/// <summary>Tests that what crosses the wire or is stored keeps its identity when a class is renamed.</summary>
public class WireTests
{
    // Orleans generates types in both assemblies.
    private static readonly Type[] Types =
        [.. typeof(AccessDecision).Assembly.GetTypes().Concat(typeof(GrainsHosting).Assembly.GetTypes())
            .Where(t => t.Namespace?.StartsWith("EngageCenter", StringComparison.Ordinal) == true)];

    private static readonly Type[] Interfaces = [.. Types.Where(t => t.IsInterface && typeof(IAddressable).IsAssignableFrom(t))];

    [Fact]
    public void Grain_interfaces_are_found() => Assert.True(Interfaces.Length >= 10, $"{Interfaces.Length} interfaces");

    [Fact]
    public void Every_grain_has_an_explicit_type_name() =>
        Assert.DoesNotContain(Types, t => typeof(Grain).IsAssignableFrom(t) && !t.IsAbstract && t.GetCustomAttribute<GrainTypeAttribute>() is null);

    [Fact]
    public void Every_grain_interface_and_method_has_an_alias()
    {
        Assert.DoesNotContain(Interfaces, i => i.GetCustomAttribute<GrainInterfaceTypeAttribute>() is null || i.GetCustomAttribute<AliasAttribute>() is null);
        Assert.DoesNotContain(Interfaces.SelectMany(i => i.GetMethods()), m => m.GetCustomAttribute<AliasAttribute>() is null);
    }

    [Fact]
    public void Every_serialized_type_has_a_unique_alias()
    {
        var serialized = Types.Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null).ToList();

        Assert.DoesNotContain(serialized, t => t.GetCustomAttribute<AliasAttribute>() is null);
        Assert.Empty(Types.Select(t => t.GetCustomAttribute<AliasAttribute>()?.Alias).OfType<string>().GroupBy(a => a).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void Grain_layer_has_only_the_listed_public_types() => Assert.Equal(
        ["AccessOptions", "AccountChanges", "AssessmentOptions", "DirectoryForbiddenException", "DirectoryMember", "DirectoryMembers", "DirectoryUnavailableException", "GrainsHosting", "GroupChange", "GroupChanges", "IDirectory", "IStoredRows", "RefusedRows", "RowFormat", "RowRefusedException", "StoreCheck", "StoredRow", "StoredRowKind"],
        typeof(GrainsHosting).Assembly.GetExportedTypes().Intersect(Types).Select(t => t.Name).Order());

    [Fact]
    public void Classes_are_sealed_unless_meant_as_base_classes() => Assert.Empty(Types
        .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false }
            && t.GetCustomAttribute<System.Runtime.CompilerServices.CompilerGeneratedAttribute>() is null
            && t.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is null)
        .Select(t => t.FullName));
}
