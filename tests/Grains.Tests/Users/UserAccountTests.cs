using EngageCenter.Users;

namespace EngageCenter.Grains.Tests.Users;

/// <summary>Of a token and the directory's answer about an account, the newer counts.</summary>
public sealed class UserAccountTests
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true, 20, 9, true)]
    [InlineData(true, 20, 20, true)]
    [InlineData(true, 20, 21, false)]
    [InlineData(true, 20, null, true)]
    [InlineData(false, 20, 9, false)]
    [InlineData(false, 20, null, false)]
    public void Blocked_person_holds_nothing_until_a_newer_token(bool isBlocked, int asked, int? issued, bool holdsNothing)
    {
        var account = UserAccount.Of(!isBlocked, Morning.AddSeconds(asked), null);

        Assert.Equal(holdsNothing, account.Blocks(issued is { } second ? Morning.AddSeconds(second) : null));
    }

    [Fact]
    public void Token_that_came_before_the_directory_was_asked_is_older_for_any_clocks()
    {
        var seen = new SeenUser(new(Guid.Empty, Guid.Empty), new("Adele", null, UserType.Member), [], Morning, Morning.AddSeconds(60));

        Assert.True(UserAccount.Of(isEnabled: false, Morning, seen).Blocks(seen.LastSignInAt));
    }

    [Fact]
    public void Person_without_an_answer_of_the_directory_is_not_blocked() => Assert.False(new UserAccount().Blocks(null));
}
