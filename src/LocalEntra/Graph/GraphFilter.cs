using System.Text.RegularExpressions;
using Group = EngageCenter.LocalEntra.Tenants.Group;

namespace EngageCenter.LocalEntra.Graph;

/// <summary>The filters of Graph that the project uses.</summary>
internal static partial class GraphFilter
{
    /// <summary>Reads <c>id eq '…' or id eq '…'</c>.</summary>
    public static bool TryReadIds(string filter, out IReadOnlyList<Guid> ids)
    {
        var read = new List<Guid>();
        ids = read;
        foreach (var clause in OrPattern().Split(filter.Trim()))
        {
            if (IdPattern().Match(clause) is not { Success: true } match)
            {
                return false;
            }

            read.Add(Guid.ParseExact(match.Groups[1].ValueSpan, "D"));
        }

        return true;
    }

    /// <summary>Reads <c>startswith(displayName,'…')</c>, <c>displayName eq '…'</c>, <c>securityEnabled eq true</c> and several of them with <c>and</c>, or ids.</summary>
    /// <returns>Which groups it lets through, or null if it has another form.</returns>
    public static Predicate<Group>? Read(string filter)
    {
        if (TryReadIds(filter, out var ids))
        {
            return group => ids.Contains(group.Id);
        }

        var clauses = new List<Predicate<Group>>();
        for (var at = 0; at < filter.Length;)
        {
            var match = ClausePattern().Match(filter, at);
            if (!match.Success || match.Index != at)
            {
                return null;
            }

            clauses.Add(Clause(match));
            at += match.Length;
        }

        return clauses.Count == 0 ? null : group => clauses.TrueForAll(clause => clause(group));
    }

    private static Predicate<Group> Clause(Match match)
    {
        // A quote within a text is doubled.
        var text = match.Groups["text"].Value.Replace("''", "'", StringComparison.Ordinal);
        if (match.Groups["prefix"].Success)
        {
            return group => group.DisplayName.StartsWith(text, StringComparison.OrdinalIgnoreCase);
        }

        // Every group here is a security group.
        return match.Groups["name"].Success
            ? group => string.Equals(group.DisplayName, text, StringComparison.OrdinalIgnoreCase)
            : _ => string.Equals(match.Groups["security"].Value, "true", StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex(@"\s+or\s+", RegexOptions.IgnoreCase)]
    private static partial Regex OrPattern();

    [GeneratedRegex("^id eq '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})'$", RegexOptions.IgnoreCase)]
    private static partial Regex IdPattern();

    [GeneratedRegex(
        @"\s*(?:(?<prefix>startswith\(\s*displayName\s*,\s*'(?<text>(?:[^']|'')*)'\s*\))|(?<name>displayName eq '(?<text>(?:[^']|'')*)')|securityEnabled eq (?<security>true|false))\s*(?:\band\b(?=.)|$)",
        RegexOptions.IgnoreCase)]
    private static partial Regex ClausePattern();
}
