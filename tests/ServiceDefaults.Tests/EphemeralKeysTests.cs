using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EngageCenter.ServiceDefaults.Tests;

public class EphemeralKeysTests
{
    [Fact]
    public void Keys_stay_in_memory_and_none_is_created_at_start()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddDataProtection();
        services.KeepNoKeys();
        using var provider = services.BuildServiceProvider();

        Assert.IsType<EphemeralDataProtectionProvider>(provider.GetRequiredService<IDataProtectionProvider>());
        Assert.Empty(provider.GetServices<IHostedService>());
    }
}
