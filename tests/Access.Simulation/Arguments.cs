using System.Globalization;

namespace EngageCenter.Access.Simulation;

/// <summary>What a simulation is told on the command line.</summary>
internal sealed record Arguments<TFault>(ulong First, ulong Last, bool HasHistory, TFault Fault, int Steps)
    where TFault : struct, Enum
{
    /// <returns>Null if an argument is not understood. It is then named on standard error.</returns>
    public static Arguments<TFault>? Read(string[] args, int steps)
    {
        var read = new Arguments<TFault>(1, 1_000, false, default, steps);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--seeds" when i + 1 < args.Length && args[i + 1].Split("..") is [var from, var to]:
                    read = read with { First = ulong.Parse(from, CultureInfo.InvariantCulture), Last = ulong.Parse(to, CultureInfo.InvariantCulture) };
                    i++;
                    break;
                case "--seed" when i + 1 < args.Length:
                    var seed = ulong.Parse(args[++i], CultureInfo.InvariantCulture);
                    read = read with { First = seed, Last = seed };
                    break;
                case "--fault" when i + 1 < args.Length && Enum.TryParse(args[i + 1], ignoreCase: true, out TFault fault):
                    read = read with { Fault = fault };
                    i++;
                    break;
                case "--steps" when i + 1 < args.Length:
                    read = read with { Steps = int.Parse(args[++i], CultureInfo.InvariantCulture) };
                    break;
                case "--history":
                    read = read with { HasHistory = true };
                    break;
                default:
                    Console.Error.WriteLine($"Not understood: {args[i]}. Options: --seeds 1..1000 | --seed N, --history, --fault <{string.Join(" | ", Enum.GetNames<TFault>())}>, --steps N");
                    return null;
            }
        }

        return read;
    }
}
