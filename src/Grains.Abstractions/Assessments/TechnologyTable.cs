using System.Collections.Immutable;

namespace EngageCenter.Assessments;

/// <summary>A technology that can be assessed.</summary>
/// <param name="Id">Stands in paths and in the names of rows: letters and digits only. Never changed once it was released.</param>
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

    /// <summary>By its exact id; null where there is none.</summary>
    public static Technology? Find(string id) => All.FirstOrDefault(t => t.Id == id);
}
