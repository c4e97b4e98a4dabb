using EngageCenter.Fuzz.Contract;
using EngageCenter.Fuzz.Requests;

namespace EngageCenter.Fuzz;

/// <summary>Faults that are known and not mended yet, each as narrow as it can be told, with its reason. There is none.</summary>
internal static class KnownFaults
{
    private static readonly Func<FuzzRequest, Answer, bool>[] all = [];

    public static bool Has(FuzzRequest request, Answer answer) => all.Any(fault => fault(request, answer));
}
