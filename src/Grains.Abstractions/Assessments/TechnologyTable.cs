using System.Collections.Immutable;

namespace EngageCenter.Assessments;

/// <summary>A technology that can be assessed.</summary>
/// <param name="Id">Part of paths and of the names of rows: letters and digits only. It never changes after it was released.</param>
public sealed record Technology(string Id, string DisplayName);

/// <summary>The technologies that Microsoft assesses on demand, in the order in which they are listed.</summary>
public static class TechnologyTable
{
    public static ImmutableArray<Technology> All { get; } =
    [
        new("ActiveDirectory", "Active Directory"),
        new("ActiveDirectorySecurity", "Active Directory Security"),
        new("Azure", "Azure"),
        new("ConfigurationManager", "Microsoft Configuration Manager"),
        new("EntraId", "Microsoft Entra ID"),
        new("ExchangeOnline", "Exchange Online"),
        new("ExchangeServer", "Exchange Server"),
        new("MicrosoftTeams", "Microsoft Teams"),
        new("OperationsManager", "System Center Operations Manager"),
        new("SharePointOnline", "SharePoint Online"),
        new("SharePointServer", "SharePoint Server"),
        new("SkypeForBusiness", "Skype for Business"),
        new("SqlServer", "SQL Server"),
        new("WindowsClient", "Windows Client"),
        new("WindowsServer", "Windows Server"),
        new("WindowsServerHyperV", "Windows Server Hyper-V"),
        new("WindowsServerSecurity", "Windows Server Security"),
    ];

    /// <summary>Returns the technology with exactly this id, or null.</summary>
    public static Technology? Find(string id) => All.FirstOrDefault(t => t.Id == id);
}
