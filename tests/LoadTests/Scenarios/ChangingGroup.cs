using EngageCenter.Access;
using EngageCenter.Directories;
using EngageCenter.Users;
using EngageCenter.Workspaces;

namespace EngageCenter.LoadTests;

/// <summary>
/// A group that is granted its role and loses it repeatedly. It is used by one operation at a time, so that the rights of its
/// members are known between two changes. The methods cost as much as <c>PUT</c> and <c>DELETE
/// /v1/workspaces/{id}/groups/{groupId}</c>.
/// </summary>
internal sealed class ChangingGroup(IGrainFactory grains, Dataset data, string workspaceId, int workspace, int slot)
{
    private readonly Guid groupId = data.ChangingGroup(workspace, slot);
    private readonly SignIn witness = data.Witnesses[slot];

    /// <summary>Null if unknown, because a change was not acknowledged and may have happened.</summary>
    public bool? IsGranted { get; private set; }

    /// <summary>Makes a change, and returns when it is acknowledged.</summary>
    public async Task SetAsync(bool granted)
    {
        IsGranted = null;
        var visit = new Visit(grains, data.Manager, workspaceId, Permissions.ManageEntraGroups);
        var workspaces = grains.GetGrain<IWorkspaceGrain>(workspaceId);
        if (granted)
        {
            var outcome = await visit.ActAsync(async decision =>
                await grains.GetGrain<IWorkspaceDirectoryGrain>(workspaceId).Group(decision, groupId) is null ? null :
                await workspaces.PutGroup(decision, data.ManagerActor, new(groupId, "Changing", Dataset.RolesWithRights, null))
                    is { Status: not PutGroupStatus.DecideAgain } answer ? answer : null);
            Expect(outcome.Status is PutGroupStatus.Created or PutGroupStatus.Updated, outcome);
        }
        else
        {
            var outcome = await visit.ActAsync(async decision =>
                await workspaces.DeleteGroup(decision, data.ManagerActor, new(groupId, null))
                    is { Status: not DeleteGroupStatus.DecideAgain } answer ? answer : null);
            Expect(outcome.Status == DeleteGroupStatus.Deleted, outcome);
        }

        IsGranted = granted;
    }

    /// <summary>Checks for a member of only this group that a check after the acknowledgement is decided by the change.</summary>
    public async Task ConfirmAsync()
    {
        var decision = await grains.GetGrain<IUserGrain>(witness.Person.ToString()).Decide(witness, workspaceId);
        if (decision.Standing == Standing.Unconfirmed)
        {
            throw new UnconfirmedException();
        }

        if (decision.Allows(Dataset.Rights) != IsGranted)
        {
            throw new WrongAnswerException(
                $"After {(IsGranted == true ? "a grant" : "a revocation")} was acknowledged, {witness.Profile.DisplayName} was {decision.Standing} with {decision.Permissions} in {workspaceId}.");
        }
    }

    private static void Expect(bool expected, object outcome)
    {
        if (!expected)
        {
            throw new WrongAnswerException($"A change of a group was answered {outcome}.");
        }
    }
}
