using System.Text;
using EngageCenter.Cli.Audit;

namespace EngageCenter.Cli.Tests.Audit;

public sealed class AuditVerificationTests
{
    private static readonly string[] trail = [.. Enumerable.Range(1, 5).Select(n => Event(n))];

    [Fact]
    public async Task Hash_is_that_of_the_canonical_event_with_the_hash_before()
    {
        var chain = await Verify([trail[0], trail[1]]);

        // Computed from the bytes that docs/use/audit.md defines, without our code.
        var first = Sha256("""{"action":"GroupGranted","actor":{"displayName":"Änn \u0001","id":"u"},"after":{"roles":["Reader"]},"before":null,"eventId":"1","occurredAt":"2026-07-01T08:00:00Z","previousHash":null,"target":{"id":"g"}}""");
        var second = Sha256($$$"""{"action":"GroupGranted","actor":{"displayName":"Änn \u0001","id":"u"},"after":{"roles":["Reader"]},"before":null,"eventId":"2","occurredAt":"2026-07-01T08:00:00Z","previousHash":"{{{first}}}","target":{"id":"g"}}""");
        Assert.Equal($"2:{second}", chain.Head);
    }

    [Fact]
    public async Task Order_of_members_and_escapes_do_not_change_the_hash()
    {
        var other = """{ "after":{"roles":["Re\u0061der"]},"before":null,"target":{"id":"g"},"actor":{"id":"u","displayName":"\u00C4nn \u0001"},"action":"GroupGranted","eventId":"1","occurredAt":"2026-07-01T08:00:00Z"}""" + "\r";
        Assert.Equal((await Verify([trail[0]])).Head, (await Verify([other])).Head);
    }

    [Fact]
    public async Task Byte_order_mark_of_an_editor_changes_nothing() =>
        Assert.Equal((await Verify(trail)).Head, (await Verify(["\ufeff" + trail[0], .. trail[1..]])).Head);

    public static TheoryData<string[], string> Broken => new()
    {
        { [.. trail[1..]], "Event 1 is missing." },
        { [.. trail[..1], .. trail[3..]], "Events 2 to 3 are missing." },
        { [.. trail[..2], .. trail[1..]], "Event 2 is there twice." },
        { [.. trail[..3], trail[0]], "Event 1 is after event 3." },
        { [.. trail[..2], Event(3, "Owner"), .. trail[2..]], "Event 3 is there twice." },
        { [], "It has no events" },
        { ["7"], "not an audit event" },
        { [trail[0].Replace("\"u\"", "7")], "not an audit event" },
        { [trail[0].Replace("\"u\"", "\"\\ud800\"")], "not an audit event" },
        { [trail[0].Replace("\"after\"", "\"before\"")], "not an audit event" },
        { [trail[0].Replace("{\"eventId\"", "{\"more\":null,\"eventId\"")], "exactly the members" },
    };

    [Theory, MemberData(nameof(Broken))]
    public async Task Broken_trail_says_where_it_breaks(string[] lines, string where)
    {
        var refused = await Assert.ThrowsAsync<EngageException>(() => Verify(lines));
        Assert.Equal(ExitCodes.No, refused.Code);
        Assert.Contains(where, refused.Message);
    }

    [Fact]
    public async Task Longer_trail_continues_an_earlier_one()
    {
        var head = AuditVerification.ReadHead((await Verify(trail[..3])).Head);
        Assert.Equal(5, (await Verify(trail, trail[..3], head)).Last);
        Assert.Equal(5, (await Verify(trail, trail)).Last);
    }

    public static TheoryData<string[], string, string> Replaced => new()
    {
        { [.. trail[..4]], "ends with event 4, and event 5 was there", "ends with event 4, and event 5 was there" },
        { [.. trail[..2], Event(3, "Owner"), .. trail[3..]], "Event 3 is not the one", "Event 5 or an earlier one was changed" },
        { [.. trail[..2], Event(3, "Owner"), Event(4), Event(5), Event(6)], "Event 3 is not the one", "Event 5 or an earlier one was changed" },
    };

    [Theory, MemberData(nameof(Replaced))]
    public async Task Trail_that_an_earlier_export_contradicts_is_broken(string[] lines, string byExport, string byHead)
    {
        var head = AuditVerification.ReadHead((await Verify(trail)).Head);
        Assert.Contains(byExport, (await Assert.ThrowsAsync<EngageException>(() => Verify(lines, trail))).Message);
        Assert.Contains(byHead, (await Assert.ThrowsAsync<EngageException>(() => Verify(lines, null, head))).Message);
    }

    [Fact]
    public async Task Earlier_export_that_is_empty_or_broken_is_refused()
    {
        Assert.Equal(ExitCodes.Wrong, (await Assert.ThrowsAsync<EngageException>(() => Verify(trail, []))).Code);
        Assert.Equal(ExitCodes.Wrong, (await Assert.ThrowsAsync<EngageException>(() => Verify(trail, trail[1..]))).Code);
    }

    [Fact]
    public async Task Line_that_is_too_long_is_refused()
    {
        var refused = await Assert.ThrowsAsync<EngageException>(() => Verify([new string('x', AuditVerification.MaxEvent + 1)]));
        Assert.Equal(ExitCodes.Wrong, refused.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("0:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("5:zz00000000000000000000000000000000000000000000000000000000000000")]
    public void Text_that_is_not_a_head_is_refused(string text) => Assert.Null(AuditVerification.ReadHead(text));

    private static string Event(int id, string role = "Reader") =>
        $$$"""{"eventId":"{{{id}}}","occurredAt":"2026-07-01T08:00:00Z","actor":{"id":"u","displayName":"Änn \u0001"},"action":"GroupGranted","target":{"id":"g"},"before":null,"after":{"roles":["{{{role}}}"]}}""";

    private static async Task<AuditChain> Verify(string[] lines, string[]? earlier = null, (long, string)? head = null)
    {
        using var export = Content(lines);
        using var before = earlier is null ? null : Content(earlier);
        return await AuditVerification.VerifyAsync(export, before, head, CancellationToken.None);
    }

    private static MemoryStream Content(string[] lines) => new(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));

    private static string Sha256(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
