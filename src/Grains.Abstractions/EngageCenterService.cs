namespace EngageCenter;

/// <summary>What silos and their clients have to agree on.</summary>
public static class EngageCenterService
{
    /// <summary>
    /// Orleans' <c>ServiceId</c> where the configuration names none. Orleans has a default of its own, 'default', which
    /// says nothing in a file or a server that others share.
    /// </summary>
    public const string DefaultId = "engage-center";
}
