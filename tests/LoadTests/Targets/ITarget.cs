using System.Collections.Immutable;

namespace EngageCenter.LoadTests;

/// <summary>The cluster under load, and a client for it.</summary>
internal interface ITarget : IAsyncDisposable
{
    IGrainFactory Grains { get; }

    /// <summary>The cluster in words.</summary>
    string Description { get; }

    int Silos { get; }

    /// <summary>Returns the processor time taken so far, in the same order each time.</summary>
    /// <exception cref="SiloEndedException">One of the silos has ended.</exception>
    ImmutableArray<ProcessorTime> Processors();
}

/// <summary>There is no such cluster, or it does not answer. The message is for the person who started the load test.</summary>
public sealed class TargetException(string message, Exception? cause = null) : Exception(message, cause);
