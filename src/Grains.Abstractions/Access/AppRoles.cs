namespace EngageCenter.Access;

/// <summary>The app roles of the API's registration in Entra ID: what an application may do, wherever that is.</summary>
public static class AppRoles
{
    public const string Agreements = "Agreements.ReadWrite.All";
    public const string SupportCases = "SupportCases.ReadWrite.All";
    public const string CustomerActivity = "CustomerActivity.ReadWrite.All";
    public const string Assessments = "Assessments.ReadWrite.All";
    public const string Learning = "Learning.ReadWrite.All";

    /// <summary>Asks who may do what, of everybody and in every workspace.</summary>
    public const string Evaluate = "Access.Evaluate.All";
}
