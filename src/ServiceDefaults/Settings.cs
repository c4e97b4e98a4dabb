using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace EngageCenter;

/// <summary>Thrown if a setting cannot be used. The message names the setting and says what it must be.</summary>
public sealed class SettingException : InvalidOperationException
{
    public SettingException(string message) : base(message)
    {
    }

    public SettingException(string message, Exception innerException) : base(message, innerException)
    {
    }
}

/// <summary>Reads options from configuration.</summary>
public static class Settings
{
    /// <summary>
    /// Reads a section. Every value must have the right type, also in lists, and every name must be known. By itself the
    /// framework ignores values in lists that it cannot read, and misspelt names.
    /// </summary>
    /// <exception cref="SettingException">A value or a name is wrong.</exception>
    public static T Read<T>(this IConfiguration configuration, string section)
        where T : class, new()
    {
        var options = new T();
        try
        {
            configuration.GetSection(section).Bind(options, Strictly);
            return options;
        }
        catch (InvalidOperationException unusable)
        {
            throw new SettingException(Message(section, unusable), unusable);
        }
    }

    /// <summary>Configures strict binding, for <see cref="Read"/> and for options that the framework binds.</summary>
    public static void Strictly(BinderOptions binder) => binder.ErrorOnUnknownConfiguration = true;

    /// <summary>Checks the addresses on which a host listens: http or https, separated by semicolons.</summary>
    /// <exception cref="SettingException">The value is not a list of addresses.</exception>
    public static string RequireAddresses(string setting, string value)
    {
        foreach (var url in value.Split(';'))
        {
            if (!IsAddress(url))
            {
                throw new SettingException($"{setting} is '{value}'; it must be an address with http or https such as http://localhost:8080.");
            }
        }

        return value;
    }

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https", Port: >= 0 and <= ushort.MaxValue };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // The innermost exception names the value.
    private static string Message(string section, InvalidOperationException unusable)
    {
        var cause = unusable;
        while (cause.InnerException is InvalidOperationException inner)
        {
            cause = inner;
        }

        var unknown = cause.Message.LastIndexOf(": '", StringComparison.Ordinal);
        return cause.Message.Contains(nameof(BinderOptions.ErrorOnUnknownConfiguration), StringComparison.Ordinal) && unknown > 0
            ? $"There is no setting {cause.Message[(unknown + 2)..].TrimEnd('.')} in {section}."
            : cause.Message;
    }
}
