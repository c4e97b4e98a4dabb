namespace EngageCenter.Fuzz.Service;

/// <summary>Who calls, and what they may do in the world that the requests are about.</summary>
internal enum CallerKind
{
    /// <summary>Somebody who may change nothing: a stranger, another customer's administrator, a token without scope, an application without app role.</summary>
    Outside,

    /// <summary>A person with one role of the role table, besides User.</summary>
    Member,

    /// <summary>An application with one app role, or with all.</summary>
    Application,
}

/// <param name="Token">Null without a token.</param>
internal sealed record Caller(string Name, CallerKind Kind, string? Token)
{
    public string? Authorization => Token is null ? null : $"Bearer {Token}";
}
