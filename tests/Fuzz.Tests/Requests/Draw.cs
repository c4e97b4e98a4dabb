using CsCheck;

namespace EngageCenter.Fuzz.Requests;

/// <summary>Draws from one seed, so that the same seed makes the same requests again.</summary>
internal sealed class Draw(uint stream, ulong seed)
{
    private readonly PCG pcg = new(stream, seed);

    /// <summary>From <paramref name="min"/> to <paramref name="max"/>, both included.</summary>
    public int Int(int min, int max) => min + (int)pcg.Next((uint)(max - min + 1));

    /// <param name="percent">How often it is true, in a hundred.</param>
    public bool Chance(int percent) => Int(1, 100) <= percent;

    public T OneOf<T>(IReadOnlyList<T> choices) => choices[Int(0, choices.Count - 1)];

    public T From<T>(Gen<T> gen) => gen.Generate(pcg, null, out _);
}
