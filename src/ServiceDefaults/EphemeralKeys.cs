using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter;

/// <summary>The keys of Data Protection, which authentication brings along.</summary>
public static class EphemeralKeys
{
    /// <summary>
    /// Keeps the keys in the memory of this process. By default they are made at the start and stored on disk as clear text.
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
