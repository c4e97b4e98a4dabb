namespace EngageCenter.Paging;

/// <summary>
/// The order of a list changed between two of its pages, so the pages that follow could leave an item out or have it
/// twice. The list has to be read again from its first page.
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
