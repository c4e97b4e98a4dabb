using EngageCenter.Reminders;
using EngageCenter.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Silo.Tests.Reminders;

/// <summary>Tests a grain's reminder on a silo with default settings.</summary>
public sealed class ReminderTests : IDisposable
{
    private readonly SqliteFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Reminder_fires_in_a_new_silo_until_it_is_stopped()
    {
        await using (var first = Build())
        {
            await first.StartAsync();
            await Bell(first).Wind();
        }

        await using (var second = Build())
        {
            await second.StartAsync();

            // No call wakes the grain.
            Assert.Equal("tower", await second.Services.GetRequiredService<Rings>().Next());
            await Bell(second).Stop();
        }

        Assert.Equal(0L, folder.Execute("SELECT COUNT(*) FROM OrleansRemindersTable"));
    }

    private static IBellGrain Bell(TestSilo silo) => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IBellGrain>("tower");

    private TestSilo Build() => TestSilo.Build(folder.File(), services => services
        .AddSingleton<Rings>()
        .Configure<ReminderOptions>(options => options.MinimumReminderPeriod = BellGrain.Period));
}
