using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EngageCenter.Access;

/// <summary>
/// The key that proves decisions made by a workspace's policy. The owner of the policy creates a new key with every take-over
/// and every committed change, and gives it to silos with the lease. It is never stored and never sent to a web node, so
/// somebody who can only call grains cannot make up a decision.
/// </summary>
/// <param name="Secret">256 random bits.</param>
[GenerateSerializer, Immutable, Alias("EngageCenter.DecisionKey")]
internal sealed record DecisionKey([property: Id(0)] byte[] Secret)
{
    private const int ProofBytes = 16;

    public static DecisionKey New() => new(RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes));

    /// <summary>Returns the decision with its proof: an HMAC-SHA256 over all its fields, truncated to 128 bits.</summary>
    public AccessDecision Prove(AccessDecision decision)
    {
        Span<byte> proof = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Compute(decision, proof);
        return decision with { Proof = BinaryPrimitives.ReadUInt128LittleEndian(proof) };
    }

    /// <summary>Whether the decision has the proof for exactly its fields. Takes the same time wherever the proof differs.</summary>
    public bool Proves(AccessDecision decision)
    {
        Span<byte> right = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> given = stackalloc byte[ProofBytes];
        Compute(decision, right);
        BinaryPrimitives.WriteUInt128LittleEndian(given, decision.Proof);
        return CryptographicOperations.FixedTimeEquals(given, right[..ProofBytes]);
    }

    // The fields of fixed length come first, so that two different decisions never give the same bytes.
    private void Compute(AccessDecision decision, Span<byte> hash)
    {
        const int fixedLength = 16 + 16 + 1 + 2 + 8;
        var said = new byte[fixedLength + Encoding.UTF8.GetByteCount(decision.WorkspaceId)];
        decision.Person.TenantId.TryWriteBytes(said);
        decision.Person.UserId.TryWriteBytes(said.AsSpan(16));
        said[32] = (byte)decision.Standing;
        BinaryPrimitives.WriteUInt16LittleEndian(said.AsSpan(33), (ushort)decision.Permissions);
        BinaryPrimitives.WriteInt64LittleEndian(said.AsSpan(35), decision.Epoch);
        Encoding.UTF8.GetBytes(decision.WorkspaceId, said.AsSpan(fixedLength));
        HMACSHA256.HashData(Secret, said, hash);
    }
}
