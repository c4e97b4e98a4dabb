using EngageCenter.Access;
using EngageCenter.Activities;

namespace EngageCenter.LoadTests;

/// <summary>
/// Activities that are put one after the other with changed hours, by one operation at a time. Each put costs as much as
/// <c>PUT /v1/workspaces/{id}/activities/{activityId}</c>.
/// </summary>
internal sealed class ActivityBlock(IGrainFactory grains, string workspaceId, int workspace, int slot)
{
    private long revision;

    /// <summary>Puts each activity once.</summary>
    public async Task PutAllAsync()
    {
        for (var n = 0; n < DatasetSize.ActivitiesPerSlot; n++)
        {
            await PutAsync();
        }
    }

    public async Task PutAsync()
    {
        var n = (slot * DatasetSize.ActivitiesPerSlot) + (int)(revision % DatasetSize.ActivitiesPerSlot);
        var activity = Dataset.Activity(workspace, n, revision++);
        var application = Visit.Application(AppRoles.CustomerActivity);
        await Visit.ExistsAsync(grains, workspaceId, application);
        var outcome = await grains.GetGrain<IActivityGrain>(workspaceId).Put(new(activity, null), application);
        if (outcome.Status is not (PutActivityStatus.Created or PutActivityStatus.Updated) || outcome.Activity?.Activity != activity)
        {
            throw new WrongAnswerException($"{activity} was put, and answered {outcome}.");
        }
    }
}
