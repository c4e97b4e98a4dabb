namespace EngageCenter.Storage;

[Alias("EngageCenter.Tests.INoteGrain")]
internal interface INoteGrain : IGrainWithStringKey
{
    [Alias("Read")]
    Task<string> Read();

    [Alias("Write")]
    Task Write(string text);
}

[GrainType("note-grain")]
internal sealed class NoteGrain([PersistentState("note")] IPersistentState<Note> storage) : Grain, INoteGrain
{
    public Task<string> Read() => Task.FromResult(storage.State.Text);

    public async Task Write(string text)
    {
        storage.State = new Note { Text = text };
        try
        {
            await storage.WriteStateAsync();
        }
        catch
        {
            DeactivateOnIdle();
            throw;
        }
    }
}
