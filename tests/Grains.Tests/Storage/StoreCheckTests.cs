using System.Runtime.CompilerServices;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Storage;

/// <summary>What a check reports about a log that lacks a row. Row 3 is the oldest that counts.</summary>
public sealed class StoreCheckTests
{
    private const string List = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("none", null)]
    [InlineData("people-head", "workspace-users/0123456789abcdef0123456789abcdef, row people-3: row people-2, which stands before it, is gone, or people-head is")]
    [InlineData("people-3", "workspace-users/0123456789abcdef0123456789abcdef, row people-head: row people-3, with which the log begins, is gone")]
    [InlineData("people-4", "workspace-users/0123456789abcdef0123456789abcdef, row people-5: row people-4, which stands before it, is gone, or people-head is")]
    [InlineData("people-5", "workspace-users/0123456789abcdef0123456789abcdef, row people-end: row people-5, which the log has begun, is gone")]
    // The next commit writes it again.
    [InlineData("people-end", null)]
    public async Task Log_that_lacks_a_row_is_reported(string lost, string? finding)
    {
        var rows = Log();
        rows.Remove(lost);

        var findings = await Check(rows);
        Assert.Equal(finding is null, findings.Count == 0);
        Assert.True(finding is null || findings.Contains(finding), string.Join('\n', findings));
    }

    /// <summary>The head was lost, and the log was taken for a new one.</summary>
    [Fact]
    public async Task Log_restarted_beside_an_older_one_is_reported()
    {
        var rows = Log();
        rows.Remove("people-head");
        rows["people-0"] = Segment(1, 0);

        Assert.Equal(["workspace-users/0123456789abcdef0123456789abcdef, row people-3: row people-2, which stands before it, is gone, or people-head is"], await Check(rows));
    }

    /// <summary>A failure, or a release that does not know the row, left the end behind.</summary>
    [Fact]
    public async Task End_that_is_behind_its_log_is_no_finding()
    {
        var rows = Log();
        foreach (var last in (int[])[2, 4])
        {
            rows["people-end"] = RowFormat.Write(new LogEnd(last));
            Assert.Empty(await Check(rows));
        }
    }

    private static Dictionary<string, BinaryData> Log() => new()
    {
        ["people-head"] = RowFormat.Write(new LogHead(3)),
        ["people-end"] = RowFormat.Write(new LogEnd(5)),
        ["people-3"] = Segment(40, 30),
        ["people-4"] = Segment(50, 40),
        ["people-5"] = Segment(60, 50),
    };

    private static BinaryData Segment(long commit, long previous) => RowFormat.Write(new LogSegment<SeenEntry>(
        [new($"{Guid.Empty}/{Guid.Empty}", "Lee", null, UserType.Member, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, [])], commit, previous));

    private static async Task<List<string>> Check(Dictionary<string, BinaryData> rows)
    {
        List<string> findings = [];
        await new StoreCheck(new Rows(rows), findings.Add).Run(default);
        return findings;
    }

    /// <summary>The rows of one list. Every person has a row that knows their token.</summary>
    private sealed class Rows(Dictionary<string, BinaryData> rows) : IStoredRows
    {
        private static readonly SeenUser person = new(new(Guid.Empty, Guid.Empty), new("Lee", null, UserType.Member), [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

        public async IAsyncEnumerable<StoredRow> All([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            foreach (var (name, content) in rows.OrderBy(row => row.Key, StringComparer.Ordinal))
            {
                yield return new("workspace-users", List, name, content);
            }
        }

        public Task<ReadOnlyMemory<byte>?> Find(string grainType, string key, string name, CancellationToken cancellationToken) => Task.FromResult(
            grainType == "user" ? RowFormat.Write(new UserState { Seen = person }).ToMemory()
            : rows.TryGetValue(name, out var content) ? content.ToMemory() : default(ReadOnlyMemory<byte>?));
    }
}
