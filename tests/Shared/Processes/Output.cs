using System.Text;

namespace EngageCenter;

/// <summary>The text that a stream has written so far.</summary>
internal sealed class Output
{
    private readonly StringBuilder text = new();

    public Output(StreamReader reader) => Completion = Read(reader);

    public Task Completion { get; }

    public string Text
    {
        get
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }

    private async Task Read(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (text)
            {
                text.Append(line).Append('\n');
            }
        }
    }
}
