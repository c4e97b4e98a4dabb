namespace EngageCenter;

/// <summary>Values that silos and their clients must agree on.</summary>
public static class EngageCenterService
{
    /// <summary>
    /// Orleans' <c>ServiceId</c> if the configuration names none. Orleans' own default is 'default', which says nothing in a
    /// file or on a server that several services share.
    /// </summary>
    public const string DefaultId = "engage-center";
}
