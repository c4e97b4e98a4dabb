using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace EngageCenter.Storage;

internal static class SqliteHosting
{
    /// <summary>Grain storage in the file that the setting <see cref="SqliteFile.Setting"/> names.</summary>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder silo, string name)
    {
        silo.Services.TryAddSingleton(services =>
        {
            var path = services.GetRequiredService<IConfiguration>()[SqliteFile.Setting];
            return new SqliteFile(string.IsNullOrWhiteSpace(path) ? SqliteFile.DefaultPath : path);
        });
        silo.Services.AddHostedService<SqliteFileService>();

        silo.Services.AddOptions<AdoNetGrainStorageOptions>(name).Configure<SqliteFile, IGrainStorageSerializer>(
            (options, file, serializer) =>
            {
                // The name by which Orleans knows SQLite; the driver is Microsoft.Data.Sqlite all the same.
                options.Invariant = "System.Data.SQLite";
                options.DataSource = file;
                options.GrainStorageSerializer = serializer;
                options.DeleteStateOnClear = false;
            });

        silo.Services.AddGrainStorage(
            name,
            (services, provider) => new SqliteGrainStorage(AdoNetGrainStorageFactory.Create(services, provider)));
        return silo;
    }
}
