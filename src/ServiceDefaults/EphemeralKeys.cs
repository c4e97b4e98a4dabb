using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter;

/// <summary>Configures the keys of Data Protection, which authentication adds.</summary>
public static class EphemeralKeys
{
    /// <summary>
    /// Keeps the keys only in the memory of this process. By default they are created at start and stored on disk in clear
    /// text.
    /// </summary>
    public static void KeepNoKeys(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        var maker = services.Where(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.Assembly == typeof(EphemeralDataProtectionProvider).Assembly);
        foreach (var service in maker.ToList())
        {
            services.Remove(service);
        }
    }
}
