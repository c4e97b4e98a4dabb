using CsCheck;
using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>The newer of what a token and the directory say.</summary>
public sealed class UserObservationTests
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly Guid Support = Group(1);
    private static readonly Guid Admins = Group(2);
    private static readonly PersonId Adele = new(Guid.Empty, Guid.Empty);

    [Theory]
    [InlineData(9, "Admins")]
    [InlineData(10, "both")]
    [InlineData(11, "Support")]
    public void The_newer_decides_and_of_one_second_only_what_both_say(int token, string counts)
    {
        var state = new UserState().Accept(Token(token, Support));
        var observed = Observed(signedIn: 5, at: 10, Admins);

        Assert.Equal((IEnumerable<Guid>)(counts switch { "Admins" => [Admins], "Support" => [Support], _ => [] }), observed.Newest(state.Seen)!.Groups.AsEnumerable());
    }

    [Fact]
    public void A_part_of_a_second_does_not_make_the_directory_newer_than_a_token_of_that_second()
    {
        var observed = UserObservation.Of(Overage(5), [Support], Morning.AddSeconds(10.9), null);

        Assert.Equal(Morning.AddSeconds(10), observed.At);
    }

    [Fact]
    public void The_directory_was_asked_after_the_token_was_issued_whatever_the_clocks_say()
    {
        var observed = Observed(signedIn: 100, at: 40, Support);

        Assert.Equal(Morning.AddSeconds(100), observed.At);
        Assert.True(observed.Covers(Overage(100), new()));
    }

    [Fact]
    public void An_older_token_brings_nothing_back_that_the_directory_no_longer_says()
    {
        var (state, observed) = (new UserState().Accept(Token(0, Support)), Observed(signedIn: 20, at: 30));

        Assert.True(observed.Covers(Token(29, Support), state));
        Assert.Empty(observed.Newest(state.Seen)!.Groups.AsEnumerable());
    }

    [Fact]
    public void A_sign_in_that_was_not_asked_for_is_not_covered()
    {
        var observed = Observed(signedIn: 5, at: 10, Support);

        Assert.True(observed.Covers(Overage(10), new()));
        Assert.False(observed.Covers(Overage(11), new()));
        Assert.False(new UserObservation().Covers(Overage(0), new()));
    }

    [Fact]
    public void A_newer_token_that_has_its_groups_answers_an_older_one_that_leaves_them_out()
    {
        var state = new UserState().Accept(Token(20, Support));

        Assert.True(new UserObservation().Covers(Overage(19), state));
        Assert.False(new UserObservation().Covers(Overage(20), state));
    }

    [Fact]
    public void The_first_and_the_last_sign_in_are_of_all_tokens()
    {
        var state = new UserState().Accept(Token(50, Support));
        var seen = Observed(signedIn: 40, at: 60, Admins).Newest(state.Seen)!;

        Assert.Equal((Morning.AddSeconds(40), Morning.AddSeconds(50)), (seen.FirstSignInAt, seen.LastSignInAt));
    }

    [Fact]
    public void Whatever_order_they_come_in_the_newest_second_decides() =>
        Gen.Select(Gen.Int[0, 8], Gen.Bool, Gen.Int[1, 6].List[0, 4]).List[1, 10].Sample(steps =>
        {
            var (state, observed) = (new UserState(), new UserObservation());
            var said = new List<(int At, Guid[] Groups)>();
            foreach (var (second, isToken, numbers) in steps)
            {
                Guid[] groups = [.. numbers.Distinct().Order().Select(Group)];
                if (isToken)
                {
                    state = observed.Covers(Token(second, groups), state) ? state : state.Accept(Token(second, groups));
                    said.Add((second, groups));
                }
                else if (!observed.Covers(Overage(second), state))
                {
                    // Asked at once.
                    observed = UserObservation.Of(Overage(second), [.. groups], Morning.AddSeconds(second), observed.Newest(state.Seen));
                    said.Add((second, groups));
                }
            }

            if (said.Count == 0)
            {
                Assert.Null(observed.Newest(state.Seen));
                return;
            }

            var newest = said.Max(s => s.At);
            var expected = said.Where(s => s.At == newest).Select(s => s.Groups.AsEnumerable()).Aggregate((common, groups) => common.Intersect(groups));
            var known = observed.Newest(state.Seen)!.Groups;
            Assert.Equal(expected.Order(), known);
        });

    private static Guid Group(int number) => new(number, 0, 0, new byte[8]);

    private static UserObservation Observed(int signedIn, double at, params Guid[] groups) =>
        UserObservation.Of(Overage(signedIn), [.. groups.Order()], Morning.AddSeconds(at), null);

    private static SignIn Token(int seconds, params Guid[] groups) =>
        SignIn.Create(Adele, Morning.AddSeconds(seconds), new("Adele Vance", "adele@contoso.example", UserType.Member), groups);

    private static SignIn Overage(int seconds) => Token(seconds) with { LeavesGroupsOut = true };
}
