using EngageCenter.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Blobs;

/// <summary>Builds a silo that keeps its state in blobs, by configuration alone.</summary>
internal static class BlobSilo
{
    private const string Section = "Orleans:GrainStorage:Default:";

    public static Task<TestSilo> Start(string connectionString) => Start(("ConnectionString", connectionString));

    /// <param name="settings">Settings of the storage, or of another section if the name starts with a colon.</param>
    public static async Task<TestSilo> Start(params (string Key, string Value)[] settings)
    {
        var silo = Build(settings);
        await silo.StartAsync();
        return silo;
    }

    public static TestSilo Build(params (string Key, string Value)[] settings) => Build(_ => { }, settings);

    /// <param name="services">Services that the host has before the silo's own.</param>
    public static TestSilo Build(Action<IServiceCollection> services, params (string Key, string Value)[] settings) => TestSilo.Compose(
        services,
        _ => { },
        [
            (Section + "ProviderType", "AzureBlobStorage"),

            // By default they would be in a file.
            ("Orleans:Reminders:ProviderType", "Memory"),
            .. settings.Select(s => (s.Key.StartsWith(':') ? s.Key[1..] : Section + s.Key, s.Value)),
        ]);
}
