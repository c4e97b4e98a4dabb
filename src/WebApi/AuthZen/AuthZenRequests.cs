using System.Text.Json;
using System.Text.Json.Serialization;
using EngageCenter.WebApi.Requests;
using FluentValidation;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>The person whose access is evaluated.</summary>
/// <param name="Type"><c>user</c>; a subject of another type has no rights.</param>
/// <param name="Id">A person: <c>{tenantId}/{userId}</c>.</param>
/// <param name="Properties">Ignored.</param>
internal sealed record SubjectRequest(string Type, string Id, AnyObject? Properties);

/// <summary>The type of the subjects to search for. An id is ignored.</summary>
internal sealed record SubjectTypeRequest(string Type, AnyObject? Properties);

/// <summary>The action that the subject wants to do.</summary>
/// <param name="Name">The name of a permission; another action is never allowed.</param>
/// <param name="Properties">Ignored.</param>
internal sealed record ActionRequest(string Name, AnyObject? Properties);

/// <summary>The resource to which the subject wants access.</summary>
/// <param name="Type"><c>workspace</c>; nobody has access to a resource of another type.</param>
/// <param name="Id">The workspace's id.</param>
/// <param name="Properties">Ignored.</param>
internal sealed record ResourceRequest(string Type, string Id, AnyObject? Properties);

/// <summary>The type of the resources to search for. An id is ignored.</summary>
internal sealed record ResourceTypeRequest(string Type, AnyObject? Properties);

/// <summary>Asks whether a subject may do an action on a resource.</summary>
/// <param name="Context">Ignored.</param>
internal sealed record EvaluationRequest(SubjectRequest Subject, ActionRequest Action, ResourceRequest Resource, AnyObject? Context)
    : IAuthZenBody<EvaluationRequest>;

/// <summary>A subject or a resource. Members that it leaves out are taken from the whole batch.</summary>
internal sealed record EntityDefaultRequest(string? Type, string? Id, AnyObject? Properties);

/// <summary>An action. Members that it leaves out are taken from the whole batch.</summary>
internal sealed record ActionDefaultRequest(string? Name, AnyObject? Properties);

/// <summary>How a batch is evaluated.</summary>
/// <param name="EvaluationsSemantic">
/// <c>execute_all</c> by default; <c>deny_on_first_deny</c> stops after the first decision that is false,
/// <c>permit_on_first_permit</c> after the first that is true.
/// </param>
internal sealed record EvaluationsOptionsRequest([property: JsonPropertyName("evaluations_semantic")] string? EvaluationsSemantic);

/// <summary>One question, or many questions that may share a subject, an action or a resource.</summary>
/// <param name="Evaluations">At most 1,000. If empty, subject, action and resource are the one question.</param>
internal sealed record EvaluationsRequest(
    EntityDefaultRequest? Subject, ActionDefaultRequest? Action, EntityDefaultRequest? Resource, AnyObject? Context,
    Items<EvaluationItem>? Evaluations, EvaluationsOptionsRequest? Options) : IAuthZenBody<EvaluationsRequest>
{
    /// <summary>
    /// Returns the one question of a request without evaluations. The validator has checked that it is complete.
    /// </summary>
    public EvaluationRequest ToSingle() => new(new(Subject!.Type!, Subject.Id!, null), new(Action!.Name!, null), new(Resource!.Type!, Resource.Id!, null), null);
}

/// <summary>One question of a batch.</summary>
internal sealed record EvaluationItemRequest(EntityDefaultRequest? Subject, ActionDefaultRequest? Action, EntityDefaultRequest? Resource, AnyObject? Context);

/// <summary>
/// One question of a batch as received. A malformed question does not stop the others, so its error is kept with it.
/// </summary>
/// <param name="Fault">Why the question could not be read; null if it could.</param>
[JsonConverter(typeof(Converter))]
internal readonly record struct EvaluationItem(EvaluationItemRequest? Question, JsonException? Fault = null) : ICounted
{
    public static int MaxCount => 1_000;

    /// <summary>Accepts any JSON value. The serializer calls it when the whole value is in its buffer.</summary>
    private sealed class Converter : JsonConverter<EvaluationItem>
    {
        public override bool HandleNull => true;

        public override EvaluationItem Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var question = reader;
            if (!reader.TrySkip())
            {
                throw new InvalidOperationException("The serializer reads a value ahead for a converter.");
            }

            try
            {
                return new(JsonSerializer.Deserialize<EvaluationItemRequest>(ref question, options) ?? throw new JsonException(Rules.ObjectMessage));
            }
            catch (JsonException fault)
            {
                return new(null, fault);
            }
        }

        public override void Write(Utf8JsonWriter writer, EvaluationItem value, JsonSerializerOptions options) => throw new NotSupportedException("Only read.");
    }
}

/// <summary>Says which page of a result is wanted.</summary>
/// <param name="Token">The <c>next_token</c> of the page before.</param>
/// <param name="Limit">
/// The maximum number of results on a page; values above 500 count as 500. A request with a token keeps the limit of the
/// first request.
/// </param>
/// <param name="Properties">Ignored.</param>
internal sealed record SearchPageRequest(string? Token, int? Limit, AnyObject? Properties);

internal sealed record SubjectSearchRequest(
    SubjectTypeRequest Subject, ActionRequest Action, ResourceRequest Resource, AnyObject? Context, SearchPageRequest? Page) : IAuthZenBody<SubjectSearchRequest>;

internal sealed record ResourceSearchRequest(
    SubjectRequest Subject, ActionRequest Action, ResourceTypeRequest Resource, AnyObject? Context, SearchPageRequest? Page) : IAuthZenBody<ResourceSearchRequest>;

internal sealed record ActionSearchRequest(
    SubjectRequest Subject, ResourceRequest Resource, AnyObject? Context, SearchPageRequest? Page) : IAuthZenBody<ActionSearchRequest>;

internal sealed class SubjectValidator : RequestValidator<SubjectRequest>;

internal sealed class SubjectTypeValidator : RequestValidator<SubjectTypeRequest>;

internal sealed class ActionValidator : RequestValidator<ActionRequest>;

internal sealed class ResourceValidator : RequestValidator<ResourceRequest>;

internal sealed class ResourceTypeValidator : RequestValidator<ResourceTypeRequest>;

internal sealed class SearchPageValidator : RequestValidator<SearchPageRequest>
{
    public SearchPageValidator() => RuleFor(page => page.Limit).Whole(0, int.MaxValue);
}

internal sealed class EvaluationValidator : RequestValidator<EvaluationRequest>
{
    public EvaluationValidator()
    {
        RuleFor(request => request.Subject).SetValidator(new SubjectValidator());
        RuleFor(request => request.Action).SetValidator(new ActionValidator());
        RuleFor(request => request.Resource).SetValidator(new ResourceValidator());
    }
}

internal sealed class EvaluationsValidator : RequestValidator<EvaluationsRequest>
{
    private static readonly EvaluationValidator single = new();

    public EvaluationsValidator()
    {
        RuleFor(request => request.Options!.EvaluationsSemantic)
            .Must(semantic => Semantics.Of(semantic) is not null)
            .When(request => request.Options is not null)
            .OverridePropertyName("options.evaluations_semantic")
            .WithMessage(Semantics.Message);

        // Without evaluations, the rules of a single evaluation apply.
        RuleFor(request => request).Custom((request, context) =>
        {
            if (request.Evaluations is not { Count: > 0 })
            {
                var question = new EvaluationRequest(
                    request.Subject is { } s ? new(s.Type!, s.Id!, null) : null!,
                    request.Action is { } a ? new(a.Name!, null) : null!,
                    request.Resource is { } r ? new(r.Type!, r.Id!, null) : null!,
                    null);
                single.Validate(question).Errors.ForEach(context.AddFailure);
            }
        });
    }
}

internal sealed class SubjectSearchValidator : RequestValidator<SubjectSearchRequest>
{
    public SubjectSearchValidator()
    {
        RuleFor(request => request.Subject).SetValidator(new SubjectTypeValidator());
        RuleFor(request => request.Action).SetValidator(new ActionValidator());
        RuleFor(request => request.Resource).SetValidator(new ResourceValidator());
        RuleFor(request => request.Page!).SetValidator(new SearchPageValidator());
    }
}

internal sealed class ResourceSearchValidator : RequestValidator<ResourceSearchRequest>
{
    public ResourceSearchValidator()
    {
        RuleFor(request => request.Subject).SetValidator(new SubjectValidator());
        RuleFor(request => request.Action).SetValidator(new ActionValidator());
        RuleFor(request => request.Resource).SetValidator(new ResourceTypeValidator());
        RuleFor(request => request.Page!).SetValidator(new SearchPageValidator());
    }
}

internal sealed class ActionSearchValidator : RequestValidator<ActionSearchRequest>
{
    public ActionSearchValidator()
    {
        RuleFor(request => request.Subject).SetValidator(new SubjectValidator());
        RuleFor(request => request.Resource).SetValidator(new ResourceValidator());
        RuleFor(request => request.Page!).SetValidator(new SearchPageValidator());
    }
}
