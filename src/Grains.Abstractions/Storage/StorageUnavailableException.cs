namespace EngageCenter.Storage;

/// <summary>
/// Storage did not confirm a read or a write. The write may or may not have been stored; the next call reads the stored
/// state.
/// </summary>
[GenerateSerializer, Alias("EngageCenter.StorageUnavailableException")]
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException()
        : this("Storage did not confirm the operation.")
    {
    }

    public StorageUnavailableException(string message)
        : base(message)
    {
    }

    public StorageUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
