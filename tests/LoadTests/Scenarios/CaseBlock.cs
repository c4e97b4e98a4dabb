using EngageCenter.Access;
using EngageCenter.Support;

namespace EngageCenter.LoadTests;

/// <summary>
/// Cases that are updated together by one operation at a time, so that each update must be applied. It costs as much as
/// <c>POST /v1/workspaces/{id}/support-cases</c>.
/// </summary>
internal sealed class CaseBlock(IGrainFactory grains, Dataset data, string workspaceId, int slot, DateTimeOffset today, TimeProvider time)
{
    private DateTimeOffset lastUpdate;
    private long revision;

    public async Task UpdateAsync()
    {
        // Later than the previous update, even if the clock went back.
        var now = time.GetUtcNow();
        lastUpdate = now > lastUpdate ? now : lastUpdate.AddTicks(1);
        var batch = data.Batch(slot, today, lastUpdate, revision++);
        var application = Visit.Application(AppRoles.SupportCases);
        await Visit.ExistsAsync(grains, workspaceId, application);
        var outcome = await grains.GetGrain<ISupportGrain>(workspaceId).Ingest(batch, application);
        if (outcome != new IngestOutcome(IngestStatus.Applied, batch.Length, 0))
        {
            throw new WrongAnswerException($"{batch.Length} new updates of cases were answered {outcome}.");
        }
    }
}
