using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EngageCenter.Cli.Cases;

/// <summary>Shows the updates per second since this run began.</summary>
internal sealed class RateColumn(TimeProvider time, long from) : ProgressColumn
{
    /// <summary>The name of the number of finished lines in a task's state.</summary>
    public const string Lines = "lines";

    private readonly long since = time.GetTimestamp();

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var seconds = time.GetElapsedTime(since).TotalSeconds;
        var lines = task.State.Get<long>(Lines) - from;
        return new Text(lines > 0 && seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $"{lines / seconds:N0}/s") : "");
    }
}
