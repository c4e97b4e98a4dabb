using System.Net;
using Microsoft.Identity.Abstractions;

namespace EngageCenter.Directories;

/// <summary>
/// Configuration section <c>Directory</c>: how the directories of tenants are asked, by Microsoft Graph with app-only tokens.
/// Without the section no tenant has a directory, and everybody is decided by their token alone.
/// </summary>
internal sealed class DirectoryOptions
{
    public const string Section = "Directory";

    public const int MaxTenants = 10_000;

    /// <summary>Of the multi-tenant application that customers consent to: GroupMember.Read.All and User.ReadBasic.All.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// How the application proves itself, as Microsoft.Identity.Web has it: <c>SourceType</c> and what it needs, such as
    /// <c>SignedAssertionFromManagedIdentity</c>, <c>KeyVault</c>, <c>StoreWithThumbprint</c> or <c>ClientSecret</c>. The first usable one counts.
    /// </summary>
    public IList<CredentialDescription> ClientCredentials { get; } = [];

    /// <summary>The address of Microsoft Entra ID; another one in national clouds.</summary>
    public string Instance { get; set; } = "https://login.microsoftonline.com/";

    /// <summary>The address of Microsoft Graph; another one in national clouds. Nothing else is asked, whatever a token says.</summary>
    public string Graph { get; set; } = "https://graph.microsoft.com/v1.0";

    /// <summary>The tenants that consented; none: all that come here. At most <see cref="MaxTenants"/>.</summary>
    public IList<Guid> Tenants { get; } = [];

    /// <summary>How often the changes of groups are read, 1 s to 10 min; 0: never, and a removal counts with the next token.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What tokens are asked for.</summary>
    internal string Scope => $"{(IsStandIn(new(Graph)) ? "https://graph.microsoft.com" : new Uri(Graph).GetLeftPart(UriPartial.Authority))}/.default";

    /// <exception cref="SettingException">A value cannot be used.</exception>
    internal DirectoryOptions Checked(bool isDevelopment)
    {
        if (!Guid.TryParseExact(ClientId, "D", out _))
        {
            throw new SettingException($"{Section}:{nameof(ClientId)} is '{ClientId}'; it must be the application (client) id of a registration in Microsoft Entra ID.");
        }

        if (ClientCredentials.Count == 0)
        {
            throw new SettingException($"{Section}:{nameof(ClientCredentials)} is required: how the application proves itself.");
        }

        if (Tenants.Count > MaxTenants)
        {
            throw new SettingException($"{Section}:{nameof(Tenants)} has {Tenants.Count} entries; {MaxTenants} are allowed.");
        }

        if (Poll != TimeSpan.Zero && (Poll < TimeSpan.FromSeconds(1) || Poll > TimeSpan.FromMinutes(10)))
        {
            throw new SettingException($"{Section}:{nameof(Poll)} is {Poll}; it must be from 1 s to 10 min, or 0.");
        }

        RequireAddress(nameof(Instance), Instance, isDevelopment);
        RequireAddress(nameof(Graph), Graph, isDevelopment);
        Graph = Graph.TrimEnd('/');
        return this;
    }

    /// <summary>Whether an address is a stand-in's on this machine, without TLS.</summary>
    internal static bool IsStandIn(Uri address) =>
        address.Scheme == Uri.UriSchemeHttp && (address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));

    private static void RequireAddress(string name, string value, bool isDevelopment)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address)
            || !(address.Scheme == Uri.UriSchemeHttps || (isDevelopment && IsStandIn(address)))
            || address is not { Query: "", Fragment: "", UserInfo: "" })
        {
            throw new SettingException($"{Section}:{name} is '{value}'; it must be an https address, or in Development an http address of this machine.");
        }
    }
}
