using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace EngageCenter.Storage;

/// <summary>Configures what is stored in the file that the setting <see cref="SqliteFile.Setting"/> names.</summary>
internal static class SqliteHosting
{
    // Orleans' name for SQLite. The driver is Microsoft.Data.Sqlite nevertheless.
    private const string Invariant = "System.Data.SQLite";

    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder silo, string name)
    {
        silo.AddSqliteFile();
        silo.Services.AddOptions<AdoNetGrainStorageOptions>(name).Configure<SqliteFile, IGrainStorageSerializer>(
            (options, file, serializer) =>
            {
                options.Invariant = Invariant;
                options.DataSource = file;
                options.GrainStorageSerializer = serializer;
                options.DeleteStateOnClear = false;
            });

        silo.Services.AddSingleton<IStoredGrains, SqliteStoredGrains>();
        silo.Services.AddSingleton<IStoredRows, SqliteStoredRows>();
        silo.Services.AddGrainStorage(
            name,
            (services, provider) => new SqliteGrainStorage(AdoNetGrainStorageFactory.Create(services, provider), services.GetRequiredService<SqliteGate>()));
        return silo;
    }

    public static ISiloBuilder AddSqliteReminders(this ISiloBuilder silo)
    {
        silo.AddSqliteFile();
        silo.UseAdoNetReminderService(reminders => reminders.Configure<SqliteFile>((options, file) =>
        {
            options.Invariant = Invariant;
            options.DataSource = file;
        }));

        // The provider's type is internal, so it is created from its registration and wrapped.
        var rows = silo.Services.Last(service => service.ServiceType == typeof(IReminderTable));
        silo.Services.Replace(ServiceDescriptor.Singleton<IReminderTable>(services => new SqliteReminderTable(
            (IReminderTable)ActivatorUtilities.CreateInstance(services, rows.ImplementationType!), services.GetRequiredService<SqliteGate>())));
        return silo;
    }

    private static void AddSqliteFile(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton(services =>
        {
            var path = services.GetRequiredService<IConfiguration>()[SqliteFile.Setting];
            return new SqliteFile(string.IsNullOrWhiteSpace(path) ? SqliteFile.DefaultPath : path);
        });
        silo.Services.TryAddSingleton<SqliteGate>();
        silo.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SqliteFileService>());
    }
}
