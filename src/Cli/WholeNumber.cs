using System.CommandLine;
using System.Globalization;

namespace EngageCenter.Cli;

/// <summary>Makes options that take a whole number within bounds. Any other value is reported as an invalid command.</summary>
internal static class WholeNumber
{
    public static Option<int> Option(string name, string description, int otherwise, int least, int most, params string[] aliases)
    {
        var option = new Option<int>(name, aliases)
        {
            Description = description,
            DefaultValueFactory = _ => otherwise,
            CustomParser = given =>
            {
                if (given.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                    && number >= least && number <= most)
                {
                    return number;
                }

                given.AddError($"{name} must be a whole number from {least} to {most}.");
                return otherwise;
            },
        };
        return option;
    }
}
