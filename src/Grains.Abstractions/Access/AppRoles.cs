namespace EngageCenter.Access;

/// <summary>The app roles of the API's registration in Entra ID. Each says what an application may do, in all workspaces.</summary>
public static class AppRoles
{
    public const string Agreements = "Agreements.ReadWrite.All";
    public const string SupportCases = "SupportCases.ReadWrite.All";
    public const string CustomerActivity = "CustomerActivity.ReadWrite.All";
    public const string Assessments = "Assessments.ReadWrite.All";
    public const string Learning = "Learning.ReadWrite.All";

    /// <summary>May ask what any person may do, in every workspace.</summary>
    public const string Evaluate = "Access.Evaluate.All";
}
