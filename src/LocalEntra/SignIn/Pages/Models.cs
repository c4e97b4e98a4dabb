namespace EngageCenter.LocalEntra.SignIn.Pages;

// The models of the pages. They are public because the classes that the Razor compiler generates are.

/// <param name="Action">The address to which the forms are sent.</param>
/// <param name="Parameters">The parameters of the application's request, which the forms repeat.</param>
/// <param name="More">How many people are not listed.</param>
/// <param name="IsHinted">Whether only the person in the application's login hint is listed.</param>
public sealed record PeopleModel(
    string Action,
    IReadOnlyList<KeyValuePair<string, string>> Parameters,
    string Application,
    IReadOnlyList<DirectoryModel> Directories,
    string? Search,
    bool IsSearchable,
    int More,
    bool IsHinted);

public sealed record DirectoryModel(string Name, IReadOnlyList<PersonModel> People);

/// <param name="Key">Tenant and object id.</param>
public sealed record PersonModel(string Key, string DisplayName, string PrincipalName, string? Note);

/// <param name="IsWrong">Whether a wrong password was entered.</param>
public sealed record PasswordModel(
    string Action,
    IReadOnlyList<KeyValuePair<string, string>> Parameters,
    string Key,
    string DisplayName,
    string PrincipalName,
    bool IsWrong);

/// <param name="Field">What the form calls the code.</param>
public sealed record CodeModel(string Action, string Field, bool IsWrong);

public sealed record PostModel(string Action, IReadOnlyList<KeyValuePair<string, string>> Parameters);

public sealed record MessageModel(string Title, string Message);
