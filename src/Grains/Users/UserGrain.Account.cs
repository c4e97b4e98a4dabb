using EngageCenter.Directories;
using EngageCenter.Storage;
using EngageCenter.Workspaces;
using Microsoft.Extensions.Logging;

namespace EngageCenter.Users;

/// <summary>Whether the person's account is enabled. A blocked person holds no roles, not even by contract.</summary>
internal sealed partial class UserGrain
{
    private const string AccountName = "account";

    // The row as stored, and the state that decides.
    private GrainState<UserAccount> accountRow = new(new());
    private UserAccount account = new();

    // The current request to the directory.
    private Task? askingAccount;

    private bool IsBlocked => account.Blocks(Seen?.LastSignInAt);

    // A token that was issued since shows that the account may be used, also if the groups are known better from the directory.
    private bool Unblocks(SignIn signIn) => IsBlocked && !account.Blocks(signIn.IssuedAt);

    public Task<bool> ObserveAccount() => AskAnew(isKnown: true, () => askingAccount, () =>
    {
        var asked = AskAccount();
        askingAccount = asked;
        return asked;
    });

    private async Task<bool> AskAccount()
    {
        // A later caller must find 'askingAccount' set.
        await Task.Yield();
        try
        {
            // A token that comes while the directory is asked may be newer than the answer.
            var known = Seen;
            var answer = await GrainFactory.GetGrain<IDirectoryGrain>($"{Person.TenantId:D}").Account(Person.UserId);
            if (answer.IsEnabled is not { } isEnabled)
            {
                return false;
            }

            // That an account is still blocked is stored too: a token that was issued before must not win over it.
            if (account.IsBlocked || !isEnabled)
            {
                await Take(UserAccount.Of(isEnabled, answer.ObservedAt, known));
            }
        }
        finally
        {
            askingAccount = null;
        }

        // The lists show the current state. They decide nothing.
        foreach (var some in durable.ListedIn.Union(durable.Contracts.Entries.Keys).Chunk(Parallel))
        {
            if (!(await Task.WhenAll(some.Select(TellAccount))).All(isTold => isTold))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> TellAccount(string workspaceId)
    {
        try
        {
            await GrainFactory.GetGrain<IPeoplesAccounts>(workspaceId).Account(Person, account.IsBlocked, account.At);
            return true;
        }
        catch (Exception e)
        {
            LogAccountNotTold(logger, workspaceId, e);
            return false;
        }
    }

    // The account is stored before it decides anything.
    private async Task Take(UserAccount next)
    {
        await firstWrite;
        await Arrive(next.IsBlocked, async () =>
        {
            accountRow.State = next;
            await rows.WriteRow(this, AccountName, accountRow);
            account = next;

            // Earlier decisions are no longer valid, see Stands. If the person never signed in, there is no 'Seen' to compare.
            Seen = Seen is null ? null : Seen with { };
            known.Clear();
        });
    }

    [LoggerMessage(LogLevel.Warning, "The list of people of workspace {WorkspaceId} was not told of an account; the next round tries again")]
    private static partial void LogAccountNotTold(ILogger logger, string workspaceId, Exception exception);
}
