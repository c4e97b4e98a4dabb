using System.Text;
using System.Text.Json;
using CsCheck;
using EngageCenter.WebApi.Http;
using Microsoft.AspNetCore.Http;

namespace EngageCenter.WebApi.Tests.Http;

public sealed class JsonItemsTests
{
    private const int MaxItemBytes = 100;
    private const int MaxBytes = 4 * 1024 * 1024;

    private static readonly JsonItemsFormat format = new("value", 5, MaxItemBytes, "status");

    [Fact]
    public void Any_chunking_of_the_bytes_gives_what_a_parser_of_the_whole_gives()
    {
        var scalar = Gen.OneOf("1", "-2.5e3", "true", "null", "\"\"", "\"a,]}\\\"\"", "\"é😀\"", "\"\\ud83d\\ude00\"");
        var value = Gen.OneOf(scalar, scalar.Array[0, 4].Select(a => $"[{string.Join(" , ", a)}]"), scalar.Array[0, 3].Select(a => $"{{{string.Join(',', a.Select((v, n) => $"\"{n}\" :{v}"))}}}"));
        var items = value.Array[0, 5].Select(a => $"\n \"value\": [ {string.Join("\t,", a)} ]");
        var field = Gen.Select(Gen.OneOf("status", "other", "än", "st\\u0061tus2"), value, (name, v) => $"\"{name}\":{v}");
        var whole = Gen.Select(Gen.OneOf(items, field).Array[0, 4], Gen.OneOf("", "\uFEFF", " "), (parts, first) => $"{first}{{{string.Join(", ", parts.Distinct())}}} ");
        var broken = Gen.Select(whole, Gen.Int[0, 200], (text, at) => text.Remove(Math.Min(at, text.Length - 1), 1));
        Gen.Select(Gen.OneOf(whole, broken), Gen.Int[1, 9].Array[1, 30]).Sample(
            (text, sizes) => Assert.Equal(Expected(text), Read(text, sizes).Describe()), iter: 2_000);
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("[]", "$")]
    [InlineData("5", "$")]
    [InlineData("{", "$")]
    [InlineData("""{"value":[1,2""", "$")]
    [InlineData("""{"value":[1,2]""", "$")]
    [InlineData("""{"value":[1,2]} x""", "$")]
    [InlineData("""{"value":[1,2]}{}""", "$")]
    [InlineData("""{"value":[1,2,]}""", "$")]
    [InlineData("""{"value":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}""", "$")]
    [InlineData("""{"value":[],"value":[]}""", "value")]
    [InlineData("""{"value":[1,2,3,4,5,6]}""", "value")]
    [InlineData("""{"value":[1,2,3,4,5,6,""", "value")]
    public void A_body_that_is_not_as_it_has_to_be_is_refused(string body, string field) =>
        Assert.Equal($"400 {field}", Read(body, [3]).Refused);

    [Fact]
    public void What_is_too_long_is_passed_over_whatever_is_in_it()
    {
        var most = $"\"{new string('x', MaxItemBytes - 2)}\"";
        string[] longer = [$"\"{new string('x', MaxItemBytes - 1)}\"", $"[{string.Join(',', Enumerable.Repeat("{}", 50_000))}]", $"{{\"a\":[{{\"b\":\"]{new string('}', 200_000)}\"}}]}}"];
        foreach (var item in longer)
        {
            foreach (var size in (int[])[7, 4096, int.MaxValue])
            {
                var read = Read($$"""{"other":{{item}},"status":{{item}},"value":[1,{{item}},{{most}},{{item}}],"last":{{item}}}""", [size]);
                Assert.Equal(["1", null, most, null], read.Items);
                Assert.Equal(JsonValueKind.Object, read.Body!.Fields.KindOf("status"));
            }
        }
    }

    [Fact]
    public void A_text_that_is_longer_than_any_may_be_is_refused() =>
        Assert.Equal("400 $", Read($$"""{"value":["{{new string('x', (2 * JsonItems.MaxTextBytes) + 10)}}"]}""", [4096]).Refused);

    [Theory]
    [InlineData(MaxBytes, null)]
    [InlineData(MaxBytes + 1, "413")]
    public void A_body_has_a_limit(int length, string? refused) =>
        Assert.Equal(refused, Read("""{"value":[]}""".PadRight(length), [4096]).Refused);

    // What is read must not grow with the body: the rest is garbage, in the end, and is counted here too.
    [Theory]
    [InlineData("{},")]
    [InlineData("[],")]
    [InlineData("\"a\",")]
    [InlineData("          ")]
    public void Small_values_in_a_long_body_take_little_memory(string value)
    {
        var bytes = Encoding.UTF8.GetBytes($"{{\"other\":[{string.Concat(Enumerable.Repeat(value, 300_000)).TrimEnd(',')}],\"value\":[1]}}");
        if (value.Trim().Length == 0)
        {
            bytes[bytes.AsSpan().IndexOf("[ "u8) + 1] = (byte)'1';
        }

        Read(bytes[..200], [4096]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = Read(bytes, [4096]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bytes.Length / 2);
        Assert.Equal(["1"], read.Items);
    }

    private static string Expected(string text)
    {
        try
        {
            var bytes = Encoding.UTF8.GetBytes(text).AsSpan();
            var body = JsonElement.Parse(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes, JsonBody.Strict);
            string[] once = ["value", "status"];
            if (body.ValueKind != JsonValueKind.Object || once.Any(name => body.EnumerateObject().Count(p => p.Name == name) > 1))
            {
                return "400";
            }

            var status = body.TryGetProperty("status", out var s) && s.ValueKind != JsonValueKind.Null ? $"{s.ValueKind}" : "";
            return body.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Array
                ? $"{string.Join('|', value.EnumerateArray().Select(i => i.GetRawText()))} {status}"
                : $"no items {status}";
        }
        catch (JsonException)
        {
            return "400";
        }
    }

    private static Result Read(string text, int[] sizes) => Read(Encoding.UTF8.GetBytes(text), sizes);

    private static Result Read(byte[] bytes, int[] sizes)
    {
        var request = new DefaultHttpContext().Request;
        (request.ContentType, request.Body) = ("application/json", new Pieces(bytes, sizes));
        var errors = new RequestErrors();
        var items = new List<string?>();
        var reading = JsonItems.Read(request, errors, MaxBytes, format, (index, item) =>
        {
            Assert.Equal(items.Count, index);
            items.Add(item?.GetRawText());
        });
        Assert.True(reading.IsCompletedSuccessfully);
        var (body, refusal) = reading.GetAwaiter().GetResult();
        return new(body, items, refusal is ProblemResult { Problem: var problem }
            ? problem.Status == 400 ? $"400 {string.Join(',', errors.ToDictionary().Keys)}" : $"{problem.Status}"
            : errors.Any ? $"400 {string.Join(',', errors.ToDictionary().Keys)}" : null);
    }

    private sealed record Result(JsonItems? Body, List<string?> Items, string? Refused)
    {
        public string Describe()
        {
            if (Refused is not null)
            {
                return Refused.Split(' ')[0];
            }

            var status = $"{Body!.Fields.KindOf("status")}";
            return Body.HasItems ? $"{string.Join('|', Items)} {status}" : $"no items {status}";
        }
    }

    /// <summary>Comes in pieces of these sizes, again and again, each at once.</summary>
    private sealed class Pieces(byte[] bytes, int[] sizes) : MemoryStream(bytes)
    {
        private int next;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, sizes[next++ % sizes.Length])], cancellationToken);
    }
}
