using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using EngageCenter.Storage;
using EngageCenter.WebApi;
using Microsoft.Extensions.DependencyInjection;

namespace EngageCenter.Cluster.Tests.Metrics;

/// <summary>docs/run/metrics.md has exactly the metrics of this service.</summary>
public sealed partial class InstrumentTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection()
        .AddMetrics().AddLogging().AddSingleton(TimeProvider.System).AddSingleton(new WebApiOptions()).AddSingleton(new ConnectionLimits(Max: 100, AddressShare: 1, PerSecond: 100, AtOnce: 100, Proxies: [])).BuildServiceProvider();

    private readonly ConcurrentDictionary<string, Instrument> instruments = new();
    private readonly ConcurrentDictionary<string, string> attributes = new();
    private readonly MeterListener listener;

    public InstrumentTests()
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && instruments.TryAdd(instrument.Name, instrument))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                attributes[instrument.Name] = tag.Key;
            }
        });
        listener.Start();
    }

    public void Dispose()
    {
        listener.Dispose();
        services.Dispose();
    }

    [Fact]
    public void Table_has_exactly_the_metrics_of_the_service_with_kind_and_unit()
    {
        var makers = MakeAll();

        Assert.All(instruments.Values, i => Assert.StartsWith("EngageCenter.", i.Meter.Name, StringComparison.Ordinal));
        Assert.Equal(
            instruments.Values.Select(i => $"{i.Name} {Kind(i)} {i.Unit}").Order(StringComparer.Ordinal),
            DocumentedMetric.All.Select(m => $"{m.Name} {m.Kind} {m.Unit}").Order(StringComparer.Ordinal));

        // No instrument is created elsewhere, where this test would not see it.
        var making = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => MakesInstruments().IsMatch(File.ReadAllText(file))).Select(file => Path.GetFileNameWithoutExtension(file));
        Assert.Equal(makers.Order(StringComparer.Ordinal), making.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Refused_row_is_counted_by_grain_type_and_not_by_key()
    {
        MakeAll();
        ActivatorUtilities.CreateInstance<RefusedRows>(services).Report(GrainId.Create("user", "somebody"), "user", "a test");

        Assert.Equal("grain", attributes["engagecenter.storage.refused_rows"]);
        Assert.Equal("grain", DocumentedMetric.All.Single(m => m.Name == "engagecenter.storage.refused_rows").Attributes);
    }

    // Classes that create instruments ask for a factory of meters.
    private List<string> MakeAll()
    {
        Type[] ofEachAssembly = [typeof(EngageCenterService), typeof(RefusedRows), typeof(SiloHost), typeof(WebApiOptions), typeof(HostProgram)];
        var makers = ofEachAssembly.SelectMany(t => t.Assembly.GetTypes())
            .Where(t => t.IsClass && !t.IsAbstract && t.GetConstructors().Any(c => c.GetParameters().Any(p => p.ParameterType == typeof(IMeterFactory)))).ToList();
        Assert.All(makers, type => ActivatorUtilities.CreateInstance(services, type));
        return [.. makers.Select(t => t.Name)];
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "Histogram" => "histogram",
        "UpDownCounter" or "ObservableUpDownCounter" => "up-down counter",
        "Gauge" or "ObservableGauge" => "gauge",
        var other => other,
    };

    [GeneratedRegex(@"\.Create(Observable)?(Counter|UpDownCounter|Histogram|Gauge)\b|\bnew Meter\(")]
    private static partial Regex MakesInstruments();
}
