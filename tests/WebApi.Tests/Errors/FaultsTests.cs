using System.Net.Sockets;
using System.Text.Json;
using EngageCenter.Access;
using EngageCenter.Storage;
using EngageCenter.Users;
using EngageCenter.WebApi.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace EngageCenter.WebApi.Tests.Errors;

public sealed class FaultsTests
{
    private const string Unheard = "Could not find an implementation for interface EngageCenter.IUserGrain";

    public static TheoryData<string> Passing => [.. passing.Keys];

    public static TheoryData<string> Lasting => [.. lasting.Keys];

    private static readonly Dictionary<string, Exception> passing = new()
    {
        ["storage"] = new StorageUnavailableException("away"),
        ["asked to come later"] = new TryLaterException(TimeSpan.FromSeconds(1)),
        ["no answer in time"] = new TimeoutException(),
        ["Orleans"] = new OrleansException("no gateway"),
        ["a kind of Orleans' own"] = new SiloUnavailableException(),
        ["socket"] = new SocketException(),
        ["connection aborted"] = new ConnectionAbortedException(),
        ["connection reset"] = new ConnectionResetException("reset"),
        ["call given up"] = new OperationCanceledException(),
        ["Orleans' client has stopped"] = new ObjectDisposedException("OutsideRuntimeClient"),
        ["grains are not known yet"] = new ArgumentException(Unheard) { Source = "Orleans.Core" },
        ["one of many"] = new AggregateException(new InvalidOperationException(), new TimeoutException()),
    };

    private static readonly Dictionary<string, Exception> lasting = new()
    {
        ["our own object is disposed"] = new ObjectDisposedException("System.Threading.SemaphoreSlim"),
        ["a nameless object is disposed"] = new ObjectDisposedException(null),
        ["the services are disposed"] = new ObjectDisposedException("IServiceProvider"),
        ["the same words of somebody else"] = new ArgumentException(Unheard) { Source = "EngageCenter.WebApi" },
        ["the same words of nobody"] = new ArgumentException(Unheard),
        ["the same words about an argument"] = new ArgumentException(Unheard, "interfaceType") { Source = "Orleans.Core" },
        ["the same words about another interface"] = new ArgumentException("Could not find an implementation for interface System.IThing") { Source = "Orleans.Core" },
        ["the same words of a narrower kind"] = new ArgumentOutOfRangeException(null, Unheard) { Source = "Orleans.Core" },
        ["another argument of Orleans"] = new ArgumentException("Key is too long") { Source = "Orleans.Core" },
        ["state"] = new InvalidOperationException(),
        ["JSON"] = new JsonException(),
        ["many"] = new AggregateException(new InvalidOperationException(), new ObjectDisposedException("System.IO.MemoryStream")),
    };

    [Theory, MemberData(nameof(Passing))]
    public void Temporary_failure_may_be_tried_again(string kind) => Assert.True(Faults.IsUnavailable(passing[kind]), kind);

    [Theory, MemberData(nameof(Lasting))]
    public void Other_failure_is_a_fault(string kind) => Assert.False(Faults.IsUnavailable(lasting[kind]), kind);

    [Theory]
    [InlineData(true, StatusCodes.Status429TooManyRequests)]
    [InlineData(false, StatusCodes.Status503ServiceUnavailable)]
    public async Task Limit_of_the_caller_is_named_and_is_not_a_failure_of_the_service(bool isLimitOfCaller, int status)
    {
        var later = isLimitOfCaller ? new TryLaterException("Asked too often.", TimeSpan.FromSeconds(58)) : new TryLaterException(TimeSpan.FromSeconds(58));
        var http = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider(),
            Response = { Body = new MemoryStream() },
        };

        Assert.True(await new Faults(NullLogger<Faults>.Instance).TryHandleAsync(http, later, default));

        Assert.Equal((status, "58"), (http.Response.StatusCode, http.Response.Headers.RetryAfter.ToString()));
        http.Response.Body.Position = 0;
        Assert.Equal(isLimitOfCaller, (await new StreamReader(http.Response.Body).ReadToEndAsync()).Contains("Asked too often.", StringComparison.Ordinal));
    }

    /// <summary>
    /// Orleans has no exception type for this, so the test checks the text against the Orleans version in use.
    /// </summary>
    [Fact]
    public async Task Orleans_client_that_is_not_ready_or_has_stopped_is_a_temporary_failure()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleansClient(client => client.UseLocalhostClustering());
        var host = builder.Build();
        var grains = host.Services.GetRequiredService<IGrainFactory>();

        var unheard = Assert.ThrowsAny<Exception>(() => grains.GetGrain<IUserGrain>("tenant/person"));
        var person = grains.GetGrain<IUserGrain>(GrainId.Create("user", "tenant/person"));
        await ((IAsyncDisposable)host).DisposeAsync();
        var stopped = await Assert.ThrowsAnyAsync<Exception>(async () => await person.DecideAnywhere(null!, default));

        Assert.IsType<ArgumentException>(unheard);
        Assert.IsType<ObjectDisposedException>(stopped);
        Assert.All([unheard, stopped], fault => Assert.True(Faults.IsUnavailable(fault), fault.ToString()));
    }
}
