using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace EngageCenter;

/// <summary>
/// Makes the middleware that is added through it log exceptions as one line. Anybody who can reach a port can cause any
/// number of failed handshakes, and their stack traces inside Orleans do not help an operator.
/// </summary>
internal sealed class OneLineLogs(IConnectionBuilder inner) : IConnectionBuilder, IServiceProvider
{
    public IServiceProvider ApplicationServices => this;

    public object? GetService(Type serviceType)
    {
        var service = inner.ApplicationServices.GetService(serviceType);
        return service is ILoggerFactory loggers && serviceType == typeof(ILoggerFactory) ? new Loggers(loggers) : service;
    }

    public IConnectionBuilder Use(Func<ConnectionDelegate, ConnectionDelegate> middleware)
    {
        inner.Use(middleware);
        return this;
    }

    public ConnectionDelegate Build() => inner.Build();

    private sealed class Loggers(ILoggerFactory inner) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => new Logger(inner.CreateLogger(categoryName));

        public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

        public void Dispose()
        {
            // The factory belongs to the host.
        }
    }

    private sealed class Logger(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            inner.Log(logLevel, eventId, state, null, (logged, _) => exception is null ? formatter(logged, null) : $"{formatter(logged, exception)}: {exception.Message}");
    }
}
