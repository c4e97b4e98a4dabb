using CsCheck;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

public class UserStateTests
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly Guid Support = new(1, 0, 0, new byte[8]);
    private static readonly Guid Admins = new(2, 0, 0, new byte[8]);
    private static readonly PersonId Adele = new(Guid.Empty, Guid.Empty);

    [Fact]
    public void A_newer_token_replaces_the_groups()
    {
        var state = new UserState().Accept(Token(0, Support, Admins)).Accept(Token(60, Support));

        Assert.Equal([Support], state.Groups.ToArray());
        Assert.Equal(Morning, state.Seen!.FirstSignInAt);
        Assert.Equal(Morning.AddSeconds(60), state.Seen.LastSignInAt);
    }

    [Fact]
    public void Older_token_brings_back_no_group()
    {
        var state = new UserState().Accept(Token(60, Support));

        Assert.Same(state, state.Accept(Token(59, Support, Admins)));
    }

    [Fact]
    public void Only_common_groups_of_two_tokens_of_one_second_count()
    {
        var state = new UserState().Accept(Token(0, Support, Admins)).Accept(Token(0, Admins));

        Assert.Equal([Admins], state.Groups.ToArray());
        Assert.Same(state, state.Accept(Token(0, Support, Admins)));
    }

    [Fact]
    public void Newest_second_decides_for_any_order_of_tokens()
    {
        var token = Gen.Select(Gen.Int[0, 5], Gen.Int[1, 6].List[0, 4]);
        token.List[1, 8].Sample(tokens =>
        {
            var signIns = tokens.Select(t => Token(t.Item1, [.. t.Item2.Select(i => new Guid(i, 0, 0, new byte[8]))])).ToList();
            var newest = signIns.Max(s => s.IssuedAt);
            var expected = signIns.Where(s => s.IssuedAt == newest).Select(s => s.Groups.AsEnumerable())
                .Aggregate((common, groups) => common.Intersect(groups)).Order();

            var state = signIns.Aggregate(new UserState(), (s, signIn) => s.Accept(signIn));

            Assert.Equal(expected, state.Groups);
            Assert.All(signIns, s => Assert.True(state.Covers(s)));
        });
    }

    [Fact]
    public void The_workspace_opened_longest_ago_is_forgotten_first()
    {
        var state = Enumerable.Range(0, UserState.MaxOpened + 1)
            .Aggregate(new UserState(), (s, i) => s.Open($"w{i}", Morning.AddSeconds(i)));

        Assert.Equal(UserState.MaxOpened, state.Opened.Count);
        Assert.False(state.Opened.ContainsKey("w0"));
        Assert.Equal($"w{UserState.MaxOpened}", state.LastOpened);
    }

    [Fact]
    public void A_list_that_has_the_person_is_remembered_once()
    {
        var listed = new UserState().List("w1").List("w2");

        Assert.Equal(["w1", "w2"], listed.ListedIn.Order());
        Assert.Same(listed, listed.List("w1"));
    }

    [Fact]
    public void Version_stands_for_the_workspace_opened_last()
    {
        var (first, second) = (new UserState().Open("w1", Morning), new UserState().Open("w2", Morning));

        Assert.Equal(0, new UserState().OpenedVersion);
        Assert.InRange(first.OpenedVersion, 1, long.MaxValue);
        Assert.NotEqual(first.OpenedVersion, second.OpenedVersion);
        Assert.Equal(first.OpenedVersion, second.Open("w1", Morning.AddDays(1)).OpenedVersion);
    }

    private static SignIn Token(int seconds, params Guid[] groups) =>
        SignIn.Create(Adele, Morning.AddSeconds(seconds), new("Adele Vance", "adele@contoso.example", UserType.Member), groups);
}
