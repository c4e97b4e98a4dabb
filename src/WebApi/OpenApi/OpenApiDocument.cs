using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Assessments;
using EngageCenter.WebApi.AuthZen;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Json;
using EngageCenter.WebApi.Limits;
using EngageCenter.WebApi.Requests;
using EngageCenter.WebApi.Responses;
using EngageCenter.WebApi.Support;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace EngageCenter.WebApi.OpenApi;

/// <summary>
/// Generates the reference of this API from its endpoints: the document at <c>/openapi/v1.json</c>, and a page that shows it
/// at <c>/scalar</c>.
/// </summary>
internal static partial class OpenApiDocument
{
    private const string Scheme = "entra";

    private static readonly Dictionary<Type, (JsonSchemaType Type, string? Format)> wireTypes = new()
    {
        [typeof(string)] = (JsonSchemaType.String, null),
        [typeof(Cursor)] = (JsonSchemaType.String, null),
        [typeof(Guid)] = (JsonSchemaType.String, "uuid"),
        [typeof(DateTimeOffset)] = (JsonSchemaType.String, "date-time"),
        [typeof(DateOnly)] = (JsonSchemaType.String, "date"),
        [typeof(TimeSpan)] = (JsonSchemaType.String, "duration"),
        [typeof(bool)] = (JsonSchemaType.Boolean, null),
        [typeof(int)] = (JsonSchemaType.Integer, "int32"),
        [typeof(long)] = (JsonSchemaType.Integer, "int64"),
        [typeof(decimal)] = (JsonSchemaType.Number, "double"),
        [typeof(AnyObject)] = (JsonSchemaType.Object, null),
    };

    private static readonly Dictionary<string, string> tags = new()
    {
        ["Roles"] = "The roles and their permissions.",
        ["Agreements"] = "The agreements that workspaces belong to, and their account teams.",
        ["Me"] = "The caller, their workspaces, and their landing workspace.",
        ["Workspaces"] = "A workspace, its home page and its audit trail.",
        ["Permissions"] = "The permissions of people in a workspace, and the roles that give them.",
        ["Users"] = "The people of a workspace.",
        ["Directory"] = "The directory of the organization's tenant.",
        ["Groups"] = "The Entra groups that hold roles in a workspace.",
        ["Support"] = "Support cases, and the insights computed from them.",
        ["Activity"] = "Customer activity, and the proof of execution.",
        ["Assessments"] = "Scheduled assessments, their runs and recommendations.",
        ["Learning"] = "Courses, enrolments and learning consumption.",
        ["AuthZEN"] = "Access decisions by the standard AuthZEN Authorization API 1.0.",
        ["Problems"] = "The meaning of problem types.",
    };

    public static void AddOpenApiDocument(this IServiceCollection services) => services.AddSingleton<PublishedDocument>().AddOpenApi(PublishedDocument.Name, options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, cancellation) => Complete(operation, context, cancellation));
        options.AddSchemaTransformer((schema, context, _) =>
        {
            Correct(schema, context.JsonTypeInfo, context.JsonPropertyInfo);
            return Task.CompletedTask;
        });
    });

    /// <param name="routes">The routes to which it is added.</param>
    /// <param name="isForEverybody">
    /// Whether the document is public. If not, it requires the token of a person, and the page is left out.
    /// </param>
    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes, bool isForEverybody)
    {
        var document = routes.MapGet("/openapi/v1.json", (HttpContext http, PublishedDocument published) => published.Answer(http))
            .ExcludeFromDescription()
            .RequireRateLimiting(RateLimits.Anonymous);
        if (!isForEverybody)
        {
            // No page: a browser has no token to send.
            document.RequirePerson();
            return;
        }

        document.AllowAnonymous();
        routes.MapScalarApiReference(page => page
            .WithTitle("Engage Center")
            .WithNonce()
            // Nothing is loaded from other hosts: the page's script comes with its package.
            .DisableDefaultFonts())
            .RequireRateLimiting(RateLimits.Anonymous)
            .AllowAnonymous();
    }

    private static void Describe(Microsoft.OpenApi.OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "Engage Center",
            Version = "v1",
            Description = """
                Workspaces of Enterprise Support Agreements: who has access to them, and what support delivers.

                Lists are `{ value, nextLink, totalCount }`. Errors are `application/problem+json`; the slug at the end of
                `type` says which one. Resources that can change have an `ETag` for `If-Match` and `If-None-Match`.
                A person calls with a delegated token with the scope `access_as_user`, an application with an app-only token
                with an app role.
                """,
        };
        document.Info.License = new() { Name = "MIT", Identifier = "MIT" };
        document.Servers = [new() { Url = "/", Description = "The host that serves this document." }];
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            tag.Description = tags[tag.Name!];
        }

        document.Components ??= new();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "An access token (v2.0) of Microsoft Entra ID.",
        };
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        Require(document.Components.Schemas);
        if (document.Components.Schemas[nameof(PostCasesRequest)].Properties!["value"] is OpenApiSchema updates)
        {
            // Documents what an update must be. Anything else is read as well, and rejected on its own.
            updates.Items = new OpenApiSchemaReference(nameof(CaseJson), document);
        }

        if (document.Components.Schemas[nameof(EvaluationsRequest)].Properties is { } batch && batch["evaluations"] is OpenApiSchema questions)
        {
            // Likewise, documents what a question must be. Anything else is read as well, and its decision is false.
            questions.Items = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = batch.Where(p => p.Key is "subject" or "action" or "resource" or "context").ToDictionary(p => p.Key, p => p.Value),
            };
        }

        foreach (var schema in document.Components.Schemas.Values)
        {
            TakeNullAsItComes(schema);
        }

        document.Components.Schemas["Problem"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "A problem as defined by RFC 9457. The members besides the required ones depend on the type.",
            Required = new HashSet<string> { "type", "title", "status", "detail", "traceId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. Problems.All.Select(p => JsonValue.Create(p.Type))] },
                ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
                ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
                ["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String },
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Description = "The errors of each field.",
                    AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
                },
                ["permission"] = Member(JsonSchemaType.String, "The permission that is missing."),
                ["appRole"] = Member(JsonSchemaType.String, "The app role that is missing."),
                ["scope"] = Member(JsonSchemaType.String, "The scope that is missing."),
                ["packageId"] = Member(JsonSchemaType.String, "The package that the agreement does not have."),
                ["runId"] = Member(JsonSchemaType.String, "The run in progress."),
                ["maxBytes"] = Member(JsonSchemaType.Integer, "The maximum size of the body, in bytes."),
                ["applied"] = Member(JsonSchemaType.Integer, "The number of support cases applied before the failure."),
                ["ignored"] = Member(JsonSchemaType.Integer, "The number of support cases ignored before the failure."),
                ["rejected"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Description = "The support cases rejected before the failure, in the form of a successful response.",
                    Items = new OpenApiSchemaReference(nameof(RejectedCase), document),
                },
                ["rejectedCount"] = Member(JsonSchemaType.Integer, "The number of rejected support cases."),
                ["line"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Description = "The last line that was read from the stream." },
            },
        };
    }

    private static OpenApiSchema Member(JsonSchemaType type, string description) => new() { Type = type, Description = description };

    private static async Task Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Parameters ??= [];
        AddPath(operation, context.Description.RelativePath ?? "");

        foreach (var query in metadata.OfType<MethodInfo>().SelectMany(handler => handler.GetParameters()).Where(p => Queries.IsQuery(p.ParameterType)))
        {
            await AddQuery(operation, context, query.ParameterType, cancellation);
        }

        foreach (var header in metadata.OfType<HeaderParameter>())
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = header.Name,
                In = ParameterLocation.Header,
                Description = header.Description,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        if (metadata.OfType<RequestBodyDoc>().FirstOrDefault() is { } body)
        {
            var contents = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = await Schema(context, body.Type, cancellation) },
            };
            if (metadata.OfType<RequestLinesDoc>().FirstOrDefault() is { } lines)
            {
                contents["application/x-ndjson"] = new() { Schema = await Schema(context, lines.Type, cancellation) };
            }

            operation.RequestBody = new OpenApiRequestBody { Required = body.IsRequired, Content = contents };
        }

        if (metadata.OfType<ExampleDoc>().FirstOrDefault() is { } example)
        {
            var json = operation.RequestBody!.Content!["application/json"];
            (json.Schema, json.Example) = (Present(json.Schema!), JsonNode.Parse(example.Json));
        }

        if (metadata.OfType<CsvAnswerDoc>().Any() && operation.Responses?["200"].Content is { } answers)
        {
            answers["text/csv"] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        if (metadata.OfType<TextAnswerDoc>().SingleOrDefault() is { } text)
        {
            operation.Responses ??= [];
            var success = operation.Responses.TryGetValue("200", out var there) ? (OpenApiResponse)there : new OpenApiResponse { Description = "OK" };
            operation.Responses["200"] = success;
            success.Content ??= new Dictionary<string, OpenApiMediaType>();
            foreach (var type in text.MediaTypes)
            {
                success.Content[type] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
            }
        }

        if (metadata.OfType<AccessRequirement>().SingleOrDefault() is { } access)
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
            operation.Description = $"{operation.Description}\n\n{access.Description}".TrimStart();
            AddProblems(operation, context, [.. access.Refusals, Problems.TooManyRequests, Problems.ServiceUnavailable]);
        }
        else
        {
            operation.Security = [];
        }

        AddProblems(operation, context, metadata.OfType<Problem>());
    }

    // Adds all path parameters. Handlers declare only those that they need; the workspace's id, for example, is in the
    // visit.
    private static void AddPath(OpenApiOperation operation, string path)
    {
        var names = PathParameter().Matches(path).Select(match => match.Groups[1].Value).ToArray();
        operation.Parameters =
        [
            .. names.Select(name => new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Path,
                Required = true,
                Description = PathParameters.DescriptionOf(name),
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            }),
            .. operation.Parameters!.Where(parameter => parameter.In != ParameterLocation.Path),
        ];
    }

    private static async Task AddQuery(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, Type query, CancellationToken cancellation)
    {
        var schema = await context.GetOrCreateSchemaAsync(query, null, cancellation);
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
        {
            operation.Parameters!.Add(new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Query,
                Description = Queries.DescriptionOf(query, name),
                Schema = query.IsAssignableTo(typeof(IPaged)) && name == "pageSize"
                    ? new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "500", Default = JsonValue.Create(50) }
                    : Present(property),
            });
        }
    }

    private static void AddProblems(OpenApiOperation operation, OpenApiOperationTransformerContext context, IEnumerable<Problem> problems)
    {
        operation.Responses ??= [];
        foreach (var problem in problems)
        {
            var status = problem.Status.ToString(CultureInfo.InvariantCulture);
            var line = $"`{problem.Slug}`: {problem.Detail}";
            if (!operation.Responses.TryGetValue(status, out var there))
            {
                operation.Responses[status] = new OpenApiResponse
                {
                    Description = line,
                    Content = new Dictionary<string, OpenApiMediaType>
                    {
                        ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("Problem", context.Document) },
                    },
                };
            }
            else if (there.Description?.Contains($"`{problem.Slug}`", StringComparison.Ordinal) != true)
            {
                there.Description = $"{there.Description}\n{line}";
            }
        }
    }

    private static async Task<IOpenApiSchema> Schema(OpenApiOperationTransformerContext context, Type type, CancellationToken cancellation)
    {
        var schema = await context.GetOrCreateSchemaAsync(type, null, cancellation);
        context.Document!.AddComponent(type.Name, schema);
        return new OpenApiSchemaReference(type.Name, context.Document);
    }

    // Corrects what the serializer's converters and its rules for 'required' hide from the schema.
    private static void Correct(OpenApiSchema schema, JsonTypeInfo json, JsonPropertyInfo? of)
    {
        var type = Nullable.GetUnderlyingType(json.Type) ?? json.Type;
        var none = type != json.Type || (!type.IsValueType && of?.IsGetNullable == true) ? JsonSchemaType.Null : default;
        if (Value(type) is { } value)
        {
            // An enumeration is a component of its own; a nullable property refers to it in a oneOf with null.
            (schema.Type, schema.Format, schema.Enum, schema.Properties) = (type.IsEnum ? value.Type : value.Type | none, value.Format, value.Enum, null);
        }
        else if (schema.Type?.HasFlag(JsonSchemaType.Array) == true)
        {
            schema.Items ??= Value(json.ElementType!);
        }
        else if (type == typeof(AffectedObjectsJson))
        {
            // Client generators do not understand a union of types, but accept any JSON for a schema without a type.
            (schema.Type, schema.Properties) = (null, null);
            schema.Examples = [JsonValue.Create(3), new JsonArray("server-1", "server-2")];
        }

        else if (type == typeof(JsonObject))
        {
            // Nor a text whose name is not known: they would take one that looks like a date for a date.
            (schema.Type, schema.Properties) = (null, null);
            schema.Examples = [new JsonObject { ["displayName"] = "Support", ["roles"] = new JsonArray("SupportUser") }];
        }

        foreach (var property in json.Properties.Where(p => IsOptional(json.Type, p)))
        {
            schema.Required?.Remove(property.Name);
        }
    }

    private static OpenApiSchema? Value(Type type) =>
        wireTypes.TryGetValue(type, out var wire) ? new() { Type = wire.Type, Format = wire.Format }
        : type.IsEnum ? new() { Type = JsonSchemaType.String, Enum = [.. WireNames.Of(type).Select(name => JsonValue.Create(name))] }
        : null;

    // Removes null from required properties of requests, which are nullable only so that their absence is noticed.
    private static void Require(IDictionary<string, IOpenApiSchema> schemas)
    {
        foreach (var type in typeof(OpenApiDocument).Assembly.GetTypes())
        {
            foreach (var property in type.GetProperties().Where(p => p.IsDefined(typeof(RequiredAttribute))))
            {
                if (schemas.TryGetValue(type.Name, out var schema) && schema.Properties is { } properties)
                {
                    properties[RequestProperties.NameOf(property)] = Present(properties[RequestProperties.NameOf(property)]);
                }
            }
        }
    }

    // A schema without a type also allows null, so a oneOf of null and that schema would match twice.
    private static void TakeNullAsItComes(IOpenApiSchema? schema)
    {
        if (schema is not OpenApiSchema declared)
        {
            return;
        }

        TakeNullAsItComes(declared.Items);
        foreach (var (name, property) in declared.Properties?.ToList() ?? [])
        {
            if (property.OneOf?.Any(choice => choice is OpenApiSchemaReference { Reference.Id: nameof(AffectedObjectsJson) or nameof(JsonObject) }) == true)
            {
                declared.Properties![name] = Present(property);
            }
        }
    }

    // Returns a schema without null.
    private static IOpenApiSchema Present(IOpenApiSchema schema)
    {
        if (schema.OneOf?.FirstOrDefault(choice => choice.Type != JsonSchemaType.Null) is { } only)
        {
            return only;
        }

        if (schema is OpenApiSchema { Type: not null } nullable)
        {
            nullable.Type &= ~JsonSchemaType.Null;
        }

        return schema;
    }

    // A property is optional in a response if its record may leave it out, and in a request if it may be null.
    private static bool IsOptional(Type type, JsonPropertyInfo property) =>
        property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: false) == true
        || (property.IsGetNullable && type.Name.EndsWith("Request", StringComparison.Ordinal) && property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: false) != true);

    [GeneratedRegex(@"\{(\w+)")]
    private static partial Regex PathParameter();
}
