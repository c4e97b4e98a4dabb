using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EngageCenter.WebApi.Tests;

/// <summary>Collects what is logged, with the exceptions that are logged with it.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<Line> lines = new();

    public IReadOnlyCollection<Line> All => lines;

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, lines);

    public void Dispose()
    {
    }

    internal sealed record Line(string Category, LogLevel Level, string Text);

    private sealed class Logger(string category, ConcurrentQueue<Line> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new(category, logLevel, $"{formatter(state, exception)} {exception}"));
    }
}
