using System.Collections.Frozen;
using System.Collections.Immutable;
using EngageCenter.Access;
using EngageCenter.Support;

namespace EngageCenter.WebApi.Json;

/// <summary>Maps the values of an enumeration to their exact names on the wire. Numbers are never accepted.</summary>
internal sealed class WireNames<TEnum>
    where TEnum : struct, Enum
{
    private readonly FrozenDictionary<string, TEnum> values;
    private readonly FrozenDictionary<TEnum, string> names;

    public WireNames(params ReadOnlySpan<(string Name, TEnum Value)> pairs)
    {
        All = [.. pairs.ToArray().Select(p => p.Name)];
        values = pairs.ToArray().ToFrozenDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        names = pairs.ToArray().ToFrozenDictionary(p => p.Value, p => p.Name);
    }

    public ImmutableArray<string> All { get; }

    public string Message => $"Must be one of {string.Join(", ", All)}.";

    public bool TryParse(string name, out TEnum value) => values.TryGetValue(name, out value);

    public string Of(TEnum value) => names[value];
}

internal static class WireNames
{
    public static WireNames<CaseSeverity> Severity { get; } =
        new(("1", CaseSeverity.One), ("A", CaseSeverity.A), ("B", CaseSeverity.B), ("C", CaseSeverity.C));

    /// <summary>Returns the names used in the code, without <c>None</c>, which clients never send or receive.</summary>
    public static WireNames<TEnum> For<TEnum>()
        where TEnum : struct, Enum => Names<TEnum>.Value;

    public static IEnumerable<string> Of(Type type) => type == typeof(CaseSeverity) ? Severity.All : Enum.GetNames(type).Where(name => name != "None");

    /// <summary>Returns the names of the roles in a value, in the order of the role table.</summary>
    public static ImmutableArray<string> List(Roles roles) =>
        [.. RoleTable.All.Where(d => (roles & d.Role) != 0).Select(d => d.Role.ToString())];

    /// <summary>Returns the names of the permissions in a value.</summary>
    public static ImmutableArray<string> List(Permissions permissions) =>
        [.. Enum.GetValues<Permissions>().Where(p => p != Permissions.None && (permissions & p) == p).Select(p => p.ToString())];

    private static class Names<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly WireNames<TEnum> Value =
            new([.. Enum.GetValues<TEnum>().Select(v => (v.ToString(), v)).Where(p => p.Item1 != "None")]);
    }
}
