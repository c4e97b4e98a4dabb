using System.Text;
using EngageCenter.Cli.Audit;

namespace EngageCenter.Cli.Tests.Audit;

public sealed class AuditVerificationTests
{
    private static readonly string[] trail = Trail([1, 2, 3, 4, 5]);

    [Fact]
    public async Task Head_is_the_hash_of_the_newest_line()
    {
        Assert.Equal($"2:{Sha256(trail[1])}", (await Verify(trail[..2])).Head);
        Assert.Equal($"1:{Sha256(trail[0])}", (await Verify(trail[..1])).Head);
    }

    [Fact]
    public async Task Byte_order_mark_of_an_editor_changes_nothing() =>
        Assert.Equal((await Verify(trail)).Head, (await Verify(["\ufeff" + trail[0], .. trail[1..]])).Head);

    [Fact]
    public async Task Blank_lines_and_other_ends_of_lines_change_nothing() =>
        Assert.Equal((await Verify(trail)).Head, (await Verify(["", .. trail.Select(line => line + "\r"), " ", "\t\r", ""])).Head);

    public static TheoryData<string[], string> Broken => new()
    {
        { [.. trail[1..]], "Event 1 is missing." },
        { [.. trail[..1], .. trail[3..]], "Events 2 to 3 are missing." },
        { [.. trail[..2], .. trail[1..]], "Event 2 is there twice." },
        { [.. trail[..3], trail[0]], "Event 1 is after event 3." },
        { [], "It has no events" },
        { ["7"], "not an audit event" },
        { ["{}"], "no event id" },
        { [trail[0].Replace("\"1\"", "1")], "not an audit event" },
        { [trail[0].Replace("\"1\"", "\"01\"")], "no event id" },
        { [trail[0].Replace("\"after\"", "\"before\"")], "not an audit event" },
        { [trail[0].Replace("\"previousHash\":null", "\"previousHash\":7")], "not an audit event" },
        { [trail[0].Replace("\"previousHash\"", "\"hash\"")], "Event 1 has no previousHash." },
        { [trail[0].Replace("\"previousHash\":null", "\"previousHash\":\"ab\"")], "Event 1 has the hash of an event before it" },
        { [trail[0].Replace("Reader", "Owner"), .. trail[1..]], "Event 2 does not have the hash of event 1" },
        { [.. trail[..3], trail[3].Replace("Reader", "Owner"), trail[4]], "Event 5 does not have the hash of event 4" },
    };

    [Theory, MemberData(nameof(Broken))]
    public async Task Broken_trail_says_where_it_breaks(string[] lines, string where)
    {
        var refused = await Assert.ThrowsAsync<EngageException>(() => Verify(lines));
        Assert.Equal(ExitCodes.No, refused.Code);
        Assert.Contains(where, refused.Message);
    }

    [Fact]
    public async Task Line_that_is_not_UTF8_is_no_event()
    {
        // The last line: no later hash shows that it was changed.
        var export = Encoding.Latin1.GetBytes(string.Join('\n', [.. trail[..4], trail[4].Replace("Änn", "Ann").Replace("Ann", "Änn")]));
        var refused = await Assert.ThrowsAsync<EngageException>(() => AuditVerification.VerifyAsync(new MemoryStream(export), null, null, CancellationToken.None));
        Assert.Equal(ExitCodes.No, refused.Code);
        Assert.Contains("not an audit event", refused.Message);
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
        { Trail([1, 2, 3, 4, 5], owner: 3), "Event 3 is not the one", "Event 5 or an earlier one was changed" },
        { Trail([1, 2, 3, 4, 5, 6], owner: 3), "Event 3 is not the one", "Event 5 or an earlier one was changed" },
        { Trail([1, 2, 3, 4, 5, 6], owner: 5), "Event 5 is not the one", "Event 5 or an earlier one was changed" },
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

    /// <summary>An export as the service makes it, of events that grant a role.</summary>
    /// <param name="owner">The event that grants another role.</param>
    private static string[] Trail(int[] ids, int owner = 0)
    {
        string? hash = null;
        return [.. ids.Select(id =>
        {
            var line = $$$"""{"eventId":"{{{id}}}","actor":{"id":"u","displayName":"Änn \u0001"},"before":null,"after":{"roles":["{{{(id == owner ? "Owner" : "Reader")}}}"]},"previousHash":{{{(hash is null ? "null" : $"\"{hash}\"")}}}}""";
            hash = Sha256(line);
            return line;
        })];
    }

    private static async Task<AuditChain> Verify(string[] lines, string[]? earlier = null, (long, string)? head = null)
    {
        using var export = Content(lines);
        using var before = earlier is null ? null : Content(earlier);
        return await AuditVerification.VerifyAsync(export, before, head, CancellationToken.None);
    }

    private static MemoryStream Content(string[] lines) => new(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));

    private static string Sha256(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
