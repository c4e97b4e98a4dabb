using CsCheck;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>Of a token and the directory's answer about groups, the newer counts.</summary>
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
    public void Newer_observation_decides_and_within_one_second_only_common_groups_count(int token, string counts)
    {
        var state = new UserState().Accept(Token(token, Support));
        var observed = Observed(signedIn: 5, at: 10, Admins);

        Assert.Equal((IEnumerable<Guid>)(counts switch { "Admins" => [Admins], "Support" => [Support], _ => [] }), observed.Newest(state.Seen)!.Groups.AsEnumerable());
    }

    [Fact]
    public void Fraction_of_a_second_does_not_make_the_directory_newer_than_a_token_of_that_second()
    {
        var observed = UserObservation.Of(Overage(5), [Support], Morning.AddSeconds(10.9), null);

        Assert.Equal(Morning.AddSeconds(10), observed.At);
    }

    [Fact]
    public void Observation_is_never_older_than_the_token_that_caused_it()
    {
        var observed = Observed(signedIn: 100, at: 40, Support);

        Assert.Equal(Morning.AddSeconds(100), observed.At);
        Assert.True(observed.Covers(Overage(100), new()));
    }

    [Fact]
    public void Older_token_brings_back_no_group_that_the_directory_no_longer_has()
    {
        var (state, observed) = (new UserState().Accept(Token(0, Support)), Observed(signedIn: 20, at: 30));

        Assert.True(observed.Covers(Token(29, Support), state));
        Assert.Empty(observed.Newest(state.Seen)!.Groups.AsEnumerable());
    }

    [Fact]
    public void Sign_in_newer_than_the_observation_is_not_covered()
    {
        var observed = Observed(signedIn: 5, at: 10, Support);

        Assert.True(observed.Covers(Overage(10), new()));
        Assert.False(observed.Covers(Overage(11), new()));
        Assert.False(new UserObservation().Covers(Overage(0), new()));
    }

    [Fact]
    public void Newer_token_with_groups_covers_an_older_one_without()
    {
        var state = new UserState().Accept(Token(20, Support));

        Assert.True(new UserObservation().Covers(Overage(19), state));
        Assert.False(new UserObservation().Covers(Overage(20), state));
    }

    [Fact]
    public void First_and_last_sign_in_are_over_all_tokens()
    {
        var state = new UserState().Accept(Token(50, Support));
        var seen = Observed(signedIn: 40, at: 60, Admins).Newest(state.Seen)!;

        Assert.Equal((Morning.AddSeconds(40), Morning.AddSeconds(50)), (seen.FirstSignInAt, seen.LastSignInAt));
    }

    [Fact]
    public void Newest_second_decides_for_any_order_of_observations() =>
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
                    // The directory is asked at once.
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

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(104, 1)]
    [InlineData(105, 120)]
    [InlineData(116, 120)]
    [InlineData(400, 120)]
    [InlineData(1_400, 120)]
    public void In_lists_the_later_answer_is_newer_also_if_the_person_has_not_come_for_years(int days, int apart)
    {
        var second = days * 86_400;
        SeenEntry[] known = [.. new[] { Listed(second, Support), Listed(second + apart, Support, Admins), Listed(second + (2 * apart), Admins) }.Select(SeenEntry.Of)];

        Assert.True(known[1].Supersedes(known[0]) && known[2].Supersedes(known[1]) && known[2].Supersedes(known[0]));
        Assert.All(known, entry => Assert.Equal(Morning, entry.SignedInAt));
        Assert.True(SeenEntry.Of(new UserState().Accept(Token(1, Support)).Seen!).Supersedes(known[2]));

        static SeenUser Listed(int second, params Guid[] groups)
        {
            var observed = Observed(signedIn: 0, at: second, groups);
            return observed.ForLists(observed.Seen!);
        }
    }

    private static Guid Group(int number) => new(number, 0, 0, new byte[8]);

    private static UserObservation Observed(int signedIn, double at, params Guid[] groups) =>
        UserObservation.Of(Overage(signedIn), [.. groups.Order()], Morning.AddSeconds(at), null);

    private static SignIn Token(int seconds, params Guid[] groups) =>
        SignIn.Create(Adele, Morning.AddSeconds(seconds), new("Adele Vance", "adele@contoso.example", UserType.Member), groups);

    private static SignIn Overage(int seconds) => Token(seconds) with { LeavesGroupsOut = true };
}
