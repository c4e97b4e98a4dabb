namespace EngageCenter.Directories;

internal static class DirectoryHosting
{
    /// <summary>Adds the directories of <see cref="DirectoryOptions"/> to the silo, if the section exists.</summary>
    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static ISiloBuilder AddDirectory(this ISiloBuilder silo, IHostEnvironment environment)
    {
        if (!silo.Configuration.GetSection(DirectoryOptions.Section).Exists())
        {
            return silo;
        }

        var options = silo.Configuration.Read<DirectoryOptions>(DirectoryOptions.Section).Checked(environment.IsDevelopment());
        silo.Services.AddSingleton<IDirectory>(services =>
            new GraphDirectory(options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>()));
        return silo;
    }
}
