using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>Configures how grain state is serialized, whatever the storage provider: with <see cref="RowFormat"/>.</summary>
internal static class StoredJson
{
    /// <summary>
    /// The maximum size of a serialized state. Azure Blob Storage applies a single request completely or not at all, and a
    /// request of this size fits into <see cref="BlobClients.AttemptTimeout"/>. The limit is the same for all stores, so
    /// that state can be moved.
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
                $"A state of the type {typeof(T).Name} has {length} bytes, but the limit is {MaxStateBytes}. Nothing was stored.");
        }

        public T Deserialize<T>(BinaryData input) => RowFormat.Read<T>(input);
    }
}
