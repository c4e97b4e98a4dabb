namespace EngageCenter.WebApi.Limits;

/// <summary>
/// Marks an endpoint whose response has no end of its own, so that its duration says nothing about the service.
/// </summary>
internal sealed record StreamedAnswer;
