using EngageCenter.WebApi.Json;

namespace EngageCenter.WebApi.Requests;

/// <summary>Describes and checks path parameters by their names, which mean the same on every route.</summary>
internal static class PathParameters
{
    private const string IdHint = "1 to 64 characters of A-Z a-z 0-9 . _ ~ -";

    private static readonly Dictionary<string, (string Description, Func<string, bool>? IsValid, string? Message)> all = new(StringComparer.Ordinal)
    {
        ["id"] = ("The workspace's id.", null, null),
        ["technology"] = ("The technology's id, from the list of assessments.", null, null),
        ["runId"] = ("The run's id.", null, null),
        ["slug"] = ("The end of the problem's type.", null, null),
        ["agreementId"] = ($"The agreement's id: {IdHint}", Text.IsId, Text.IdMessage),
        ["activityId"] = ($"The activity's id: {IdHint}", Text.IsId, Text.IdMessage),
        ["courseId"] = ($"The course's id: {IdHint}", Text.IsId, Text.IdMessage),
        ["tenantId"] = ("The person's tenant, a GUID.", id => Text.TryReadGuid(id, out _), Text.GuidMessage),
        ["userId"] = ("The person's object id in the tenant, a GUID.", id => Text.TryReadGuid(id, out _), Text.GuidMessage),
        ["groupId"] = ("The Entra group's object id, a GUID.", id => Text.TryReadGuid(id, out _), Text.GuidMessage),
    };

    public static string DescriptionOf(string name) => all[name].Description;

    public static void Check(RouteValueDictionary values, RequestErrors errors)
    {
        foreach (var (name, value) in values)
        {
            if (all.TryGetValue(name, out var parameter) && parameter.IsValid?.Invoke((string)value!) == false)
            {
                errors.Add(name, parameter.Message!);
            }
        }
    }
}
