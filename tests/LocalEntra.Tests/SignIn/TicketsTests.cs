using EngageCenter.LocalEntra.SignIn;
using Microsoft.Extensions.Time.Testing;

namespace EngageCenter.LocalEntra.Tests.SignIn;

public sealed class TicketsTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void Ticket_is_valid_until_it_expires()
    {
        var tickets = new Tickets<string>(time, TimeSpan.FromMinutes(5), limit: 10);
        var ticket = tickets.Issue("a");

        time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.Equal("a", tickets.Find(ticket));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(tickets.Find(ticket));
        Assert.False(tickets.Use(ticket));
    }

    [Fact]
    public void Ticket_can_be_used_once()
    {
        var tickets = new Tickets<string>(time, TimeSpan.FromMinutes(5), limit: 10);
        var ticket = tickets.Issue("a");

        Assert.True(tickets.Use(ticket));
        Assert.False(tickets.Use(ticket));
        Assert.Equal("a", tickets.Find(ticket));
    }

    [Fact]
    public void Oldest_ticket_is_dropped_over_the_limit()
    {
        var tickets = new Tickets<string>(time, TimeSpan.FromMinutes(5), limit: 3);
        var issued = Enumerable.Range(0, 5).Select(i => tickets.Issue($"{i}")).ToList();

        Assert.Equal([null, null, "2", "3", "4"], issued.Select(tickets.Find));
    }

    [Fact]
    public void Unknown_or_removed_ticket_has_no_value()
    {
        var tickets = new Tickets<string>(time, TimeSpan.FromMinutes(5), limit: 3);
        var ticket = tickets.Issue("a");
        tickets.Remove(ticket);

        Assert.Null(tickets.Find(ticket));
        Assert.Null(tickets.Find("unknown"));
        Assert.False(tickets.Use(ticket));
    }
}
