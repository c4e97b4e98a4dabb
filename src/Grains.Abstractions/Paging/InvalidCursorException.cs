namespace EngageCenter.Paging;

/// <summary>The request has a <see cref="PageRequest.After"/> that this list never returned.</summary>
[GenerateSerializer, Alias("EngageCenter.InvalidCursorException")]
public sealed class InvalidCursorException : Exception
{
    public InvalidCursorException()
        : this("The cursor is not one that this list handed out.")
    {
    }

    public InvalidCursorException(string message)
        : base(message)
    {
    }

    public InvalidCursorException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
