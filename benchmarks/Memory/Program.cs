using System.Globalization;
using System.Runtime.InteropServices;
using EngageCenter.Access;
using EngageCenter.Agreements;
using EngageCenter.Users;
using EngageCenter.WarmCheck;
using EngageCenter.Workspaces;
using Orleans.Core.Internal;

// How many bytes of the managed heap does an active grain take? The heap is measured after a full collection, with some grains
// active and with more of them; the difference is divided by the number of added grains. Then the added grains are deactivated,
// which shows how much the grain itself took and how much stays elsewhere, such as in the list of people.
const int FewPeople = 1_000, MorePeople = 10_000, FewWorkspaces = 50, MoreWorkspaces = 300, Groups = 20;

await using var silo = await BenchmarkSilo.Start(withClient: false);
var grains = silo.Grains;
var contoso = await Contoso.SetUp(grains, users: 100, Groups);

Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} cores, server garbage collection");
Console.WriteLine($"Bytes of the managed heap; each person is in {Groups} groups of one workspace, each workspace has {Groups} groups with a role.");
Console.WriteLine();
Console.WriteLine("| | bytes each | of it gone when the grain is deactivated |");
Console.WriteLine("|---|---|---|");

await Come(FewPeople);
await Measure("person who signed in", MorePeople, () => Come(MorePeople), p => grains.GetGrain<IUserGrain>(p.ToString()));
await Activate(0, FewWorkspaces);
await Measure("workspace", MoreWorkspaces, () => Activate(FewWorkspaces, MoreWorkspaces), w => grains.GetGrain<IWorkspaceGrain>(w));
return;

async Task<IReadOnlyList<PersonId>> Come(int number)
{
    var people = Enumerable.Range(0, number).Select(_ => new PersonId(contoso.Tenant, Guid.NewGuid())).ToList();
    await Parallel.ForEachAsync(people, async (person, _) =>
    {
        var decision = await grains.GetGrain<IUserGrain>(person.ToString()).Decide(contoso.Token(person), contoso.WorkspaceId);
        if (decision.Standing != Standing.Member)
        {
            throw new InvalidOperationException($"A member was {decision.Standing}.");
        }
    });
    return people;
}

// Each workspace has its own agreement, whose grain is deactivated: a workspace is in use much longer than its agreement.
async Task<IReadOnlyList<string>> Activate(int from, int number)
{
    var workspaces = new List<string>();
    foreach (var i in Enumerable.Range(from, number))
    {
        var agreementId = $"contoso-{i}";
        workspaces.Add((await Contoso.SetUp(grains, users: 1, Groups, agreementId)).WorkspaceId);
        await Deactivate(grains.GetGrain<IAgreementGrain>(agreementId));
    }

    return workspaces;
}

async Task Measure<T>(string what, int number, Func<Task<IReadOnlyList<T>>> add, Func<T, IAddressable> grainOf)
{
    var before = Heap();
    var added = await add();
    var with = Heap();
    var activations = await Activations();
    foreach (var item in added)
    {
        await Deactivate(grainOf(item));
    }

    // A deactivation continues after the call. Each question is a grain call, so this loop does not keep a processor busy.
    while (await Activations() > activations - number)
    {
        await Task.Yield();
    }

    // Both later measurements include the list of ids, which belongs to the benchmark.
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {(with - before) / number:N0} | {(with - Heap()) / number:N0} |"));
    GC.KeepAlive(added);
}

Task<int> Activations() => grains.GetGrain<IManagementGrain>(0).GetTotalActivationCount();

static ValueTask Deactivate(IAddressable grain) => grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();

static long Heap()
{
    for (var i = 0; i < 3; i++)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
    }

    return GC.GetTotalMemory(forceFullCollection: true);
}
