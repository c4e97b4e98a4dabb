using System.Buffers.Binary;
using System.Text;

namespace EngageCenter.Cluster.Tests;

/// <summary>
/// Reads protobuf's wire format by field numbers. Tests need only a few fields of OTLP, so generated classes are not worth it.
/// </summary>
internal readonly record struct Protobuf(ReadOnlyMemory<byte> Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    public string Hex => Convert.ToHexStringLower(Bytes.Span);

    /// <summary>Returns the messages, strings or bytes of a field, in order.</summary>
    public IEnumerable<Protobuf> All(int field) => All(field, wireType: 2);

    private IEnumerable<Protobuf> All(int field, int wireType)
    {
        for (var at = 0; at < Bytes.Length;)
        {
            var key = Varint(ref at);
            var length = (key & 7) switch
            {
                0 => Skipped(ref at),
                1 => 8,
                2 => (int)Varint(ref at),
                5 => 4,
                var type => throw new InvalidDataException($"Wire type {type}."),
            };
            if ((int)(key & 7) == wireType && (int)(key >> 3) == field)
            {
                yield return new(Bytes.Slice(at, length));
            }

            at += length;
        }
    }

    public Protobuf One(int field) => All(field).FirstOrDefault();

    /// <summary>Returns the first 8-byte number of a field; 0 if there is none.</summary>
    public long Fixed(int field)
    {
        var number = All(field, wireType: 1).FirstOrDefault();
        return number.Bytes.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(number.Bytes.Span);
    }

    private int Skipped(ref int at)
    {
        Varint(ref at);
        return 0;
    }

    private ulong Varint(ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Bytes.Span[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
