namespace EngageCenter.WebApi.Limits;

/// <summary>On an endpoint whose answer has no end of its own: how long it takes says nothing of the service.</summary>
internal sealed record StreamedAnswer;
