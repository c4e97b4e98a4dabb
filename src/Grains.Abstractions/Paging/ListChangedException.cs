namespace EngageCenter.Paging;

/// <summary>
/// The order of a list changed between two of its pages, so a following page could leave out an item or repeat one. Read
/// the list again from its first page.
/// </summary>
[GenerateSerializer, Alias("EngageCenter.ListChangedException")]
public sealed class ListChangedException : Exception
{
    public ListChangedException()
        : this("The order of the list has changed since the page before.")
    {
    }

    public ListChangedException(string message)
        : base(message)
    {
    }

    public ListChangedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
