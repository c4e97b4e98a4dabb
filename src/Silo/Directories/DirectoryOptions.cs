using System.Net;
using Microsoft.Identity.Abstractions;

namespace EngageCenter.Directories;

/// <summary>
/// The configuration section <c>Directory</c>: how to ask the directories of tenants, through Microsoft Graph with app-only
/// tokens. Without the section no tenant has a directory, and only the token says a person's groups.
/// </summary>
internal sealed class DirectoryOptions
{
    public const string Section = "Directory";

    public const int MaxTenants = 10_000;

    /// <summary>
    /// The client id of the multi-tenant application to which customers consent, with GroupMember.Read.All and
    /// User.Read.All.
    /// </summary>
    public string ClientId { get; set; } = "";

    /// <summary>
    /// The credentials of the application, in the form of Microsoft.Identity.Web: <c>SourceType</c> and its settings, such
    /// as <c>SignedAssertionFromManagedIdentity</c>, <c>KeyVault</c>, <c>StoreWithThumbprint</c> or <c>ClientSecret</c>. The
    /// first usable one counts.
    /// </summary>
    public IList<CredentialDescription> ClientCredentials { get; } = [];

    /// <summary>The address of Microsoft Entra ID; it differs in national clouds.</summary>
    public string Instance { get; set; } = "https://login.microsoftonline.com/";

    /// <summary>
    /// The address of Microsoft Graph; it differs in national clouds. No other address is asked, whatever a token says.
    /// </summary>
    public string Graph { get; set; } = "https://graph.microsoft.com/v1.0";

    /// <summary>
    /// The tenants that have consented. If empty, every tenant is asked. At most <see cref="MaxTenants"/>.
    /// </summary>
    public IList<Guid> Tenants { get; } = [];

    /// <summary>
    /// How often changes of groups are read, 1 s to 10 min. With 0 they are never read, and a removal from a group counts
    /// with the next token.
    /// </summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The scope of the tokens.</summary>
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
            throw new SettingException($"{Section}:{nameof(ClientCredentials)} is required: it must contain a credential of the application.");
        }

        if (Tenants.Count > MaxTenants)
        {
            throw new SettingException($"{Section}:{nameof(Tenants)} has {Tenants.Count} entries; the limit is {MaxTenants}.");
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

    /// <summary>Returns whether an address is that of a stand-in on this machine, without TLS.</summary>
    internal static bool IsStandIn(Uri address) =>
        address.Scheme == Uri.UriSchemeHttp && (address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));

    private static void RequireAddress(string name, string value, bool isDevelopment)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address)
            || !(address.Scheme == Uri.UriSchemeHttps || (isDevelopment && IsStandIn(address)))
            || address is not { Query: "", Fragment: "", UserInfo: "" })
        {
            throw new SettingException($"{Section}:{name} is '{value}'; it must be an https address, or, in Development, an http address on this machine.");
        }
    }
}
