using YamlDotNet.RepresentationModel;

namespace EngageCenter.Cluster.Tests.Deploy;

internal static class Manifests
{
    /// <summary>Reads a host's Kubernetes manifest. The portal is optional, so it has its own folder.</summary>
    public static IReadOnlyList<YamlNode> Of(string host) => Yaml.Read($"deploy/kubernetes{(host == "portal" ? "-portal" : "")}/{host}.yaml");
}

/// <summary>Reads YAML files and finds values in them.</summary>
internal static class Yaml
{
    /// <param name="path">Relative to the repository's root.</param>
    public static IReadOnlyList<YamlNode> Read(string path)
    {
        using var reader = new StreamReader(Path.Combine(Repository.Root, path));
        var stream = new YamlStream();
        stream.Load(reader);
        return [.. stream.Documents.Select(d => d.RootNode)];
    }

    /// <summary>Follows names separated by <c>/</c>; a number is an item of a list.</summary>
    /// <returns>Null if there is no such place.</returns>
    public static YamlNode? At(this YamlNode node, string path)
    {
        YamlNode? at = node;
        foreach (var name in path.Split('/'))
        {
            at = at switch
            {
                YamlMappingNode mapping => mapping.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null,
                YamlSequenceNode list => int.TryParse(name, out var n) && n < list.Children.Count ? list.Children[n] : null,
                _ => null,
            };
        }

        return at;
    }

    public static string? Text(this YamlNode node, string path) => (node.At(path) as YamlScalarNode)?.Value;

    /// <summary>Returns the names and values of a mapping. Those of merged mappings (<c>&lt;&lt;</c>) are included, unless the mapping has its own.</summary>
    public static Dictionary<string, string> Map(this YamlNode node, string path)
    {
        var mapping = Assert.IsType<YamlMappingNode>(node.At(path));
        var all = mapping.At("<<") is null ? [] : mapping.Map("<<");
        foreach (var (name, value) in mapping.Where(c => c.Value is YamlScalarNode))
        {
            all[((YamlScalarNode)name).Value!] = ((YamlScalarNode)value).Value!;
        }

        return all;
    }

    public static List<YamlNode> List(this YamlNode node, string path) => [.. Assert.IsType<YamlSequenceNode>(node.At(path))];

    public static List<string> Texts(this YamlNode node, string path) => [.. node.List(path).Select(item => ((YamlScalarNode)item).Value!)];
}
