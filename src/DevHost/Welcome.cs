namespace EngageCenter.DevHost;

/// <summary>The text that a developer sees when everything has started.</summary>
internal static class Welcome
{
    private static readonly (string UserPrincipalName, string Who)[] People =
    [
        ("adele@contoso.example", "Customer Support Manager, by contract"),
        ("megan@contoso.example", "Administrator"),
        ("alex@contoso.example", "User Access Administrator"),
        ("diego@contoso.example", "Assessment User"),
        ("isaiah@contoso.example", "Customer Contract Manager"),
        ("lee@contoso.example", "Learning User"),
        ("grady@contoso.example", "Support User"),
        ("henrietta@contoso.example", "Support User, through a nested group"),
        ("johanna@contoso.example", "Learning User, by one of 300 groups"),
        ("pradeep@contoso.example", "User"),
        ("lidia_fabrikam.example#EXT#@contoso.example", "User, a guest"),
        ("nestor@contoso.example", "no role at all"),
        ("miriam@microsoft.example", "Customer Success Account Manager, by contract (tenant d0000000-0000-4000-8000-000000000000)"),
        ("joni@microsoft.example", "Incident Manager, by contract (tenant d0000000-0000-4000-8000-000000000000)"),
    ];

    /// <param name="isSample">Whether the sample organization is set up.</param>
    public static string To(DevelopmentHost host, bool isSample)
    {
        var (service, entra) = (Address(host.ServiceUrl), Address(host.EntraUrl));
        var portal = host.PortalUrl is { } url ? $"\n  portal       {Address(url)}   (open it and choose a person to sign in as)" : "";
        var addresses = $"""

            EngageCenter is up.{portal}
              web API      {service}   (reference: {service}/scalar, document: {service}/openapi/v1.json)
              LocalEntra   {entra}   (stands in for Microsoft Entra ID on this machine)
            """;
        if (!isSample)
        {
            return addresses;
        }

        var people = string.Join('\n', People.Select(p => $"  {p.UserPrincipalName,-44} {p.Who}"));
        return $"""
            {addresses}

            Who can sign in, with any password, to tenant {Sample.Tenant}:
            {people}

            To try it, paste:
            TOKEN=$(curl -s {entra}/{Sample.Tenant}/oauth2/v2.0/token -d grant_type=password -d username=adele@contoso.example -d scope=api://engage-center/access_as_user | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
            curl -s -H "Authorization: Bearer $TOKEN" {service}/v1/me/workspaces
            curl -s -H "Authorization: Bearer $TOKEN" {service}/v1/me/home

            """;
    }

    private static string Address(Uri url) => url.ToString().TrimEnd('/');
}
