using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>Who and what the questions are about.</summary>
public partial class AuthZenTests
{
    private async Task<Fixture> World()
    {
        var record = await service.WorkspaceFor(nameof(AuthZenTests));
        var second = await service.WorkspaceFor(nameof(AuthZenTests) + 2);
        var bob = await service.TokenOf(Roles.SupportUser);
        var epoch = (long)(await service.Get($"/v1/workspaces/{record}/permissions", bob))["epoch"]!;
        await service.Get($"/v1/workspaces/{second}/permissions", bob);
        return new(record, second, epoch, await service.AppToken(), await service.ManagerToken(), bob);
    }

    /// <summary>
    /// Writes bodies with short words for our subjects, actions and resources; the text in braces replaces members.
    /// </summary>
    private sealed record Fixture(string Record, string Second, long Epoch, string Application, string Alice, string Bob)
    {
        /// <summary>An application and two people who may ask about others in the workspace.</summary>
        public string[] Askers => [Application, Alice, Bob];

        public string Body(string text)
        {
            var words = new Dictionary<string, (string Role, JsonObject Entity)>
            {
                ["ALICE"] = ("subject", Person(TestDirectory.PersonOf(Roles.CustomerSupportManager))),
                ["BOB"] = ("subject", Person(TestDirectory.PersonOf(Roles.SupportUser))),
                ["OUTSIDER"] = ("subject", Person(TestDirectory.Outsider)),
                ["NOBODY"] = ("subject", Person("nobody at all")),
                ["STRANGER"] = ("subject", Person(TestDirectory.Outsider, TestDirectory.Nowhere)),
                ["USERS"] = ("subject", new() { ["type"] = "user" }),
                ["READ"] = ("action", new() { ["name"] = "ViewSupportInsights" }),
                ["WRITE"] = ("action", new() { ["name"] = "RenameSpace" }),
                ["FLY"] = ("action", new() { ["name"] = "Fly" }),
                ["RECORD"] = ("resource", new() { ["type"] = "workspace", ["id"] = Record }),
                ["SECOND"] = ("resource", new() { ["type"] = "workspace", ["id"] = Second }),
                ["NOWHERE"] = ("resource", new() { ["type"] = "workspace", ["id"] = "0123456789abcdef0123456789abcdef" }),
                ["RECORDS"] = ("resource", new() { ["type"] = "workspace" }),
            };
            var body = System.Text.RegularExpressions.Regex.Replace(
                text.Replace("RECORD_ID", Record, StringComparison.Ordinal), $@"(?<![\w-])({string.Join('|', words.Keys)})(?![\w-])(\{{(?>[^{{}}]+|(?<o>\{{)|(?<-o>\}}))*(?(o)(?!))\}})?(\s*)(?=(\S?))", match =>
                {
                    var (role, entity) = words[match.Groups[1].Value];
                    if (match.Groups[2].Success)
                    {
                        foreach (var (name, value) in JsonNode.Parse(match.Groups[2].Value)!.AsObject())
                        {
                            if (value is null)
                            {
                                entity.Remove(name);
                            }
                            else
                            {
                                entity[name] = value.DeepClone();
                            }
                        }
                    }

                    // Another word follows.
                    var comma = match.Groups[4].Value is [>= 'A' and <= 'Z'] ? "," : "";
                    return $"\"{role}\": {entity.ToJsonString()}{comma}{match.Groups[3].Value}";
                });
            return $"{{ {body} }}";
        }

        private static JsonObject Person(string name, string tenant = TestDirectory.Contoso) => new() { ["type"] = "user", ["id"] = $"{tenant}/{TestDirectory.UserId(name)}" };
    }
}
