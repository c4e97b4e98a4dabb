using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Orleans.Serialization;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>How grain state is written, whichever provider stores it.</summary>
internal static class StoredJson
{
    /// <summary>
    /// The largest state, serialized. Azure Blob Storage applies one request whole or not at all, and a request of this
    /// size fits into <see cref="BlobClients.AttemptTimeout"/>. The same for all stores, so that state can be moved.
    /// </summary>
    public const int MaxStateBytes = 16 * 1024 * 1024;

    // System.Text.Json from the first write on. The default of Orleans, Newtonsoft, leaves out values that are the
    // default of their type, so that a bool that starts as true and was stored as false comes back as true.
    public static ISiloBuilder StoreStateAsJson(this ISiloBuilder silo)
    {
        silo.UseSystemTextJsonGrainStorageSerializer();
        silo.Services.Configure<SystemTextJsonGrainStorageSerializerOptions>(options =>
        {
            var json = options.JsonSerializerOptions;

            // The same for null, where a property starts as something else.
            json.DefaultIgnoreCondition = JsonIgnoreCondition.Never;

            // An enum may be reordered without changing what is stored.
            json.Converters.Add(new JsonStringEnumConverter());

            // No browser reads this; escaped, every Cyrillic letter would take six bytes.
            json.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });
        silo.Services.AddSingleton<SystemTextJsonGrainStorageSerializer>();
        silo.Services.AddSingleton<IGrainStorageSerializer>(services =>
            new Bounded(services.GetRequiredService<SystemTextJsonGrainStorageSerializer>()));
        return silo;
    }

    private sealed class Bounded(IGrainStorageSerializer serializer) : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input)
        {
            var content = serializer.Serialize(input);
            var length = content.ToMemory().Length;
            return length <= MaxStateBytes ? content : throw new InvalidOperationException(
                $"A state of the type {typeof(T).Name} has {length} bytes, and {MaxStateBytes} are the most. Nothing was stored.");
        }

        public T? Deserialize<T>(BinaryData input) => serializer.Deserialize<T>(input);
    }
}
