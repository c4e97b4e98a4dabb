using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace EngageCenter;

/// <summary>
/// Runs a host as a program. If the host does not start because of its settings, prints the reason in one line.
/// </summary>
public static class HostProgram
{
    /// <param name="compose">Builds the host from its configuration.</param>
    /// <param name="isRefusal">
    /// Recognizes further exceptions about settings, besides those of <see cref="IsRefusal"/>.
    /// </param>
    /// <returns>The exit code: 1 if the host did not start, or did not stop in time.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> compose, Func<Exception, bool>? isRefusal = null)
    {
        IHostApplicationLifetime? lifetime = null;
        try
        {
            var app = compose();
            lifetime = app.Lifetime;
            return await app.RunToEndAsync();
        }
        catch (Exception e) when (lifetime?.ApplicationStarted.IsCancellationRequested != true && (IsRefusal(e) || isRefusal?.Invoke(e) == true))
        {
            await Console.Error.WriteLineAsync(OneLine(e.Message));
            return 1;
        }
    }

    /// <summary>Runs a command instead of a host, with the same error handling.</summary>
    public static async Task<int> RunCommandAsync(Func<Task<int>> command, Func<Exception, bool> isRefusal)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(isRefusal);
        try
        {
            return await command();
        }
        catch (Exception e) when (IsRefusal(e) || isRefusal(e))
        {
            await Console.Error.WriteLineAsync(OneLine(e.Message));
            return 1;
        }
    }

    /// <summary>
    /// Returns whether an exception at start is about settings or the machine, and not a fault of the program. The framework
    /// reports settings that it cannot use by any of these types.
    /// </summary>
    public static bool IsRefusal(Exception e) =>
        e is InvalidOperationException or OptionsValidationException or ArgumentException or FormatException
            or IOException or SocketException or UnauthorizedAccessException or AddressInUseException;

    public static string OneLine(string message) =>
        string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
