using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>How grain state is written, whichever provider stores it: by <see cref="RowFormat"/>.</summary>
internal static class StoredJson
{
    /// <summary>
    /// The largest state, serialized. Azure Blob Storage applies one request whole or not at all, and a request of this
    /// size fits into <see cref="BlobClients.AttemptTimeout"/>. The same for all stores, so that state can be moved.
    /// </summary>
    public const int MaxStateBytes = 16 * 1024 * 1024;

    public static ISiloBuilder StoreStateAsJson(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<IGrainStorageSerializer, Bounded>();
        return silo;
    }

    private sealed class Bounded : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input)
        {
            var content = RowFormat.Write(input);
            var length = content.ToMemory().Length;
            return length <= MaxStateBytes ? content : throw new InvalidOperationException(
                $"A state of the type {typeof(T).Name} has {length} bytes, and {MaxStateBytes} are the most. Nothing was stored.");
        }

        public T Deserialize<T>(BinaryData input) => RowFormat.Read<T>(input);
    }
}
