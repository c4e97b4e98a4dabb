using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using Orleans.Serialization;

namespace EngageCenter.Storage;

/// <summary>How grain state is written, whichever provider stores it.</summary>
internal static class StoredJson
{
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
        return silo;
    }
}
