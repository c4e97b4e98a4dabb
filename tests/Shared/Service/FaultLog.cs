using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Service;

/// <summary>Keeps the errors that the service logs, by trace id, so that a failing test shows the exception behind a 500.</summary>
internal sealed class FaultLog : ILoggerProvider
{
    // Enough to look into a failure.
    private const int Max = 1_000;

    private readonly ConcurrentDictionary<string, string> faults = new();

    public string? Of(string? traceId) => traceId is null ? null : faults.GetValueOrDefault(traceId);

    public ILogger CreateLogger(string categoryName) => new Log(this);

    public void Dispose()
    {
    }

    private sealed class Log(FaultLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && Activity.Current is { } activity && log.faults.Count < Max)
            {
                log.faults.TryAdd(activity.TraceId.ToString(), $"{formatter(state, exception)}: {exception}");
            }
        }
    }
}
