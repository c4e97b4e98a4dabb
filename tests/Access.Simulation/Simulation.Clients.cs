using EngageCenter.Users;

namespace EngageCenter.Access.Simulation;

/// <summary>What persons and clients do, and what they record about the answers.</summary>
internal sealed partial class Simulation
{
    private void Work()
    {
        if (World.Now < quietUntil)
        {
            var somebody = dice.Pick(persons);
            Check(somebody, somebody.Tokens[^1]);
            return;
        }

        if (dice.Chance(churn))
        {
            Change(null);
            return;
        }

        switch (dice.Below(20))
        {
            case < 11:
                var person = dice.Pick(persons);
                Check(person, dice.Chance(0.7) ? person.Tokens[^1] : dice.Pick(person.Tokens));
                break;
            case < 14:
                Change(dice.Chance(0.3) && decisions.Count > 0 ? dice.Pick(decisions) : null);
                break;
            case < 16 when decisions.Count > 0:
                Act(HandedOn());
                break;
            case < 18 when decisions.Count > 0:
                ActElsewhere(HandedOn(), dice.Pick(silos));
                break;
            default:
                Issue(dice.Pick(persons));
                break;
        }
    }

    // The newest decision, an older one, or one that somebody who has seen the newest made up without its proof.
    private Decision HandedOn() => dice.Chance(0.1)
        ? decisions[^1] with { Key = 0 }
        : dice.Chance(0.7) ? decisions[^1] : dice.Pick(decisions);

    private void Check(Person person, SignIn token)
    {
        if (dice.Chance(0.6))
        {
            CheckAt(dice.Pick(webs), person, token);
        }
        else
        {
            var user = UserOf(person);
            World.Call<CheckReply>(null, user.Silo, reply => user.Decide(token, null, reply), Checked);
        }
    }

    private void CheckAt(WebNode web, Person person, SignIn token) =>
        World.Call<CheckReply>(null, web, reply => web.Check(person, token, reply), Checked);

    private void Checked(CheckReply? answer)
    {
        if (answer?.Made?.Decision is { Allowed: true } allowed)
        {
            decisions.Add(allowed);
            if (decisions.Count > 8)
            {
                decisions.RemoveAt(0);
            }
        }
    }

    private void Change(Decision? decision)
    {
        var (owner, bit) = (Route(null), dice.Below(Groups + Persons));
        World.Call<ChangeReply>(
            null,
            owner.Silo,
            reply => owner.Change(
                decision,
                policy => policy is null
                    ? new(1, 1 << dice.Below(Groups), 0)
                    : bit < Groups
                        ? policy with { Epoch = policy.Epoch + 1, Groups = policy.Groups ^ (1 << bit) }
                        : policy with { Epoch = policy.Epoch + 1, Contacts = policy.Contacts ^ (1 << (bit - Groups)) },
                reply),
            _ => { });
    }

    private void Act(Decision decision)
    {
        var owner = Route(dice.Pick(silos));
        World.Call<ActReply>(null, owner.Silo, reply => owner.Act(decision, reply), _ => { });
    }

    /// <summary>Rule 7 in a grain other than the workspace: it uses its own silo's copy, like <see cref="PolicyCache.Accept"/>.</summary>
    private void ActElsewhere(Decision decision, Silo silo) => World.Call<ActReply>(
        null,
        silo,
        reply =>
        {
            var act = history.Begin(Kind.Act, $"grain@{silo}", World.Now);
            (act.Person, act.Decided, act.MadeUp) = (decision.Person, decision.Epoch, decision.Key == 0);
            silo.Get((_, lease) =>
            {
                if (lease is null || lease.Policy.Epoch != decision.Epoch)
                {
                    Answer(false);
                    return;
                }

                Hold(decision, lease.Key, silo, holds => Answer(holds && (lease.IsValid || Fault == Fault.ActByExpiredLease)));
            });

            void Answer(bool acts)
            {
                history.End(act, acts ? decision.Epoch : null, World.Now);
                reply(new(acts));
            }
        },
        _ => { });

    // A person's groups change now and then, and each token has the current ones. Some tokens are of the same second.
    private void Issue(Person person) => Issue(person, dice.Below(1 << Groups));

    private void Issue(Person person, int groups)
    {
        var issued = new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero).AddSeconds(Math.Floor(World.Now.TotalSeconds));
        person.Tokens.Add(SignIn.Create(
            person.Id, issued, new(person.ToString(), null, UserType.Member),
            Enumerable.Range(0, Groups).Where(g => (groups & (1 << g)) != 0).Select(g => new Guid(g, 0, 0, new byte[8]))));
    }
}
