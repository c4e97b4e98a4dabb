using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace EngageCenter;

/// <summary>A host as a program: it runs to its end, or says in one line why it does not start.</summary>
public static class HostProgram
{
    /// <param name="compose">Makes the host from its configuration.</param>
    /// <param name="isRefusal">Which exceptions speak of settings, besides those that <see cref="IsRefusal"/> knows.</param>
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

    /// <summary>The same for what is no host: a command that runs and ends.</summary>
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
    /// Whether an exception at the start speaks of settings or of the machine rather than of a fault of ours. The
    /// framework reports a setting that it cannot use by any of these types.
    /// </summary>
    public static bool IsRefusal(Exception e) =>
        e is InvalidOperationException or OptionsValidationException or ArgumentException or FormatException
            or IOException or SocketException or UnauthorizedAccessException or AddressInUseException;

    public static string OneLine(string message) =>
        string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
