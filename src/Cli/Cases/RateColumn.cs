using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EngageCenter.Cli.Cases;

/// <summary>Updates a second, since this run began.</summary>
internal sealed class RateColumn(TimeProvider time, long from) : ProgressColumn
{
    /// <summary>What a task's state calls the lines that are done.</summary>
    public const string Lines = "lines";

    private readonly long since = time.GetTimestamp();

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var seconds = time.GetElapsedTime(since).TotalSeconds;
        var lines = task.State.Get<long>(Lines) - from;
        return new Text(lines > 0 && seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $"{lines / seconds:N0}/s") : "");
    }
}
