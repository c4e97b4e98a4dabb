using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using EngageCenter.Paging;
using EngageCenter.WebApi.Json;
using FluentValidation;
using FluentValidation.Results;

namespace EngageCenter.WebApi.Requests;

/// <summary>
/// Validates a request. A property is required if its type cannot be null or if it is <c>[Required]</c>. The other rules
/// ignore absent properties.
/// </summary>
internal abstract class RequestValidator<T> : AbstractValidator<T>
{
    protected RequestValidator()
    {
        RuleLevelCascadeMode = CascadeMode.Stop;
        var required = typeof(T).GetProperties().Where(RequestProperties.IsRequired).ToArray();
        RuleFor(request => request).Custom((request, context) =>
        {
            foreach (var property in required.Where(p => p.GetValue(request) is null))
            {
                context.AddFailure(RequestProperties.NameOf(property), "Is required.");
            }
        });
    }
}

/// <summary>
/// Reads the name of a request's property, and whether it is required, for validators and the OpenAPI document.
/// </summary>
internal static class RequestProperties
{
    // Makes rules name properties as on the wire. Rules read it when they are created, and every validator uses this class
    // before.
    static RequestProperties()
    {
        ValidatorOptions.Global.LanguageManager.Enabled = false;
        ValidatorOptions.Global.PropertyNameResolver = (_, member, _) => member is null ? null : NameOf(member);
    }

    public static string NameOf(MemberInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    // An absent number or date would be 0 or the year 1, so such a property is nullable and [Required].
    public static bool IsRequired(PropertyInfo property) =>
        property.IsDefined(typeof(RequiredAttribute))
        || (!property.PropertyType.IsValueType && new NullabilityInfoContext().Create(property).ReadState == NullabilityState.NotNull);
}

/// <summary>Rules that several requests share, with their messages.</summary>
internal static class Rules
{
    public const string ObjectMessage = "Must be a JSON object.";

    /// <summary>Requires text that can be shown to people; see <see cref="Text.Fault"/>.</summary>
    /// <param name="max">In Unicode code points.</param>
    public static IRuleBuilderOptionsConditions<T, string?> Text<T>(this IRuleBuilder<T, string?> rule, int max, int min = 1) => rule.Custom((text, context) =>
    {
        if (text is not null && Json.Text.Fault(text, min, max) is { } fault)
        {
            context.AddFailure(fault);
        }
    });

    public static IRuleBuilderOptions<T, string?> Id<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(id => id is null || Json.Text.IsId(id)).WithMessage(Json.Text.IdMessage);

    public static IRuleBuilderOptions<T, int?> Whole<T>(this IRuleBuilder<T, int?> rule, int min, int max) =>
        rule.Must(number => number is null || (number >= min && number <= max)).WithMessage($"Must be a whole number from {min} to {max}.");

    /// <summary>Requires a number from 0 to a maximum, with so few decimals that sums of such numbers are exact.</summary>
    public static IRuleBuilderOptions<T, decimal?> Amount<T>(this IRuleBuilder<T, decimal?> rule, decimal max, int decimals) => rule
        .Must(number => number is not { } amount || (amount >= 0 && amount <= max && decimal.Round(amount, decimals) == amount))
        .WithMessage(FormattableString.Invariant($"Must be a number from 0 to {max} with at most {decimals} decimals."));

    public static IRuleBuilderOptions<T, IReadOnlyList<TItem>?> Entries<T, TItem>(this IRuleBuilder<T, IReadOnlyList<TItem>?> rule, int min, int max) => rule
        .Must(list => list is null || (list.Count >= min && list.Count <= max))
        .WithMessage(min == 0 ? $"Must have at most {max} entries." : $"Must have {min} to {max} entries.");

    /// <summary>Requires that an instant is before another.</summary>
    public static IRuleBuilderOptions<T, DateTimeOffset?> Before<T>(this IRuleBuilder<T, DateTimeOffset?> rule, Func<T, DateTimeOffset?> end) =>
        rule.Must((request, start) => !(start >= end(request))).WithMessage("Must be before 'to'.");

    /// <summary>Requires that a last day is not before the first.</summary>
    public static IRuleBuilderOptions<T, DateOnly?> NotBefore<T>(this IRuleBuilder<T, DateOnly?> rule, Func<T, DateOnly?> start) =>
        rule.Must((request, end) => !(end < start(request))).WithMessage("Must not be before startDate.");

    /// <param name="key">Returns the value that must differ; entries without one are ignored.</param>
    /// <param name="field">The field of the entry that the error names; null for the entry itself.</param>
    public static IRuleBuilderOptionsConditions<T, IReadOnlyList<TItem>?> NoneTwice<T, TItem, TKey>(
        this IRuleBuilder<T, IReadOnlyList<TItem>?> rule, Func<TItem, TKey> key, string? field = null, string message = "Must not be repeated.") =>
        rule.Custom((list, context) =>
        {
            var known = new HashSet<TKey>();
            foreach (var (index, item) in (list ?? []).Index())
            {
                if (item is not null && key(item) is { } value && !known.Add(value))
                {
                    context.AddFailure(new ValidationFailure($"{context.PropertyPath}[{index}]{(field is null ? "" : $".{field}")}", message));
                }
            }
        });
}

internal abstract class PagedValidator<T> : RequestValidator<T>
    where T : IPaged
{
    protected PagedValidator() => RuleFor(query => query.PageSize).Whole(1, PageRequest.MaxSize);
}

internal sealed class PageQueryValidator : PagedValidator<PageQuery>;
