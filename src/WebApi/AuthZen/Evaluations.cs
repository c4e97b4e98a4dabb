using EngageCenter.Access;
using EngageCenter.Users;
using EngageCenter.WebApi.Access;
using EngageCenter.WebApi.Errors;
using EngageCenter.WebApi.Requests;

namespace EngageCenter.WebApi.AuthZen;

/// <summary>Evaluates AuthZEN questions, one or a batch.</summary>
internal static class Evaluations
{
    // A batch that may stop early is evaluated in parts: first one question, then parts that grow by this factor.
    private const int Growth = 4;

    /// <summary>Makes a batch cost as much as separate requests about the same people and workspaces would cost.</summary>
    private const int CostOfAsking = 5;

    /// <summary>Evaluates one question. Returns null if the answer cannot be confirmed.</summary>
    public static async Task<EvaluationResponse?> Evaluate(Asker asker, EvaluationRequest request) =>
        Question.Of(request) is { } question
            ? Answer(await asker.RightsOf(question.Person, question.WorkspaceId), question.Permission)
            : Nothing;

    /// <summary>
    /// Evaluates a batch. Returns the decisions in the order of the questions, up to the one that ends the batch. All
    /// decisions about one person in one workspace have the same epoch.
    /// </summary>
    public static async Task<IReadOnlyList<EvaluationResponse>> Evaluate(Asker asker, EvaluationsRequest batch, Semantic semantic)
    {
        var known = new Dictionary<(PersonId, string), Rights?>();
        var answers = new List<EvaluationResponse>();
        var questions = QuestionsOf(batch);
        foreach (var part in Parts(questions, semantic))
        {
            await Fill(asker, known, part.Select(q => q.Question).OfType<Question>());
            foreach (var (question, fault) in part)
            {
                var answer = fault is not null ? EvaluationResponse.Refused(StatusCodes.Status400BadRequest, fault)
                    : question is null ? Nothing
                    : known[question.Key] is { } rights ? Answer(rights, question.Permission) ?? Refused(Problems.AccessUnconfirmed)
                    : Refused(Problems.ServiceUnavailable);
                answers.Add(answer);
                if (semantic.EndsWith(answer.Decision))
                {
                    return answers;
                }
            }
        }

        return answers;
    }

    /// <summary>
    /// Returns the cost of a batch in items of a page: 1 for each question, or <see cref="CostOfAsking"/> for each pair of
    /// person and workspace about which a grain is asked, whichever sum is greater.
    /// </summary>
    public static int CostOf(EvaluationsRequest batch)
    {
        var questions = QuestionsOf(batch);
        return Math.Max(questions.Length, CostOfAsking * questions.Select(q => q.Question?.Key).OfType<(PersonId, string)>().Distinct().Count());
    }

    private static (Question? Question, string? Fault)[] QuestionsOf(EvaluationsRequest batch) =>
        [.. batch.Evaluations!.Select(item => Complete(batch, item))];

    private static EvaluationResponse Nothing => new(false, new(null, []));

    private static EvaluationResponse Refused(Problem problem) => EvaluationResponse.Refused(problem.Status, problem.Detail);

    private static EvaluationResponse? Answer(Rights rights, Permissions permission) => rights.Allows(permission) switch
    {
        true => new(true, new(rights.Epoch, HeldRoleResponse.Of(
            [.. rights.Access!.Roles.Where(r => (RoleTable.PermissionsOf(r.Role) & permission) != 0)]))),
        false => new(false, new(rights.Epoch, [])),
        null => null,
    };

    // Stores null for a pair whose call failed, so that the other questions are still answered.
    private static async Task Fill(Asker asker, Dictionary<(PersonId, string), Rights?> known, IEnumerable<Question> questions)
    {
        foreach (var some in questions.Select(q => q.Key).Where(key => !known.ContainsKey(key)).Distinct().ToArray().Chunk(Asker.MaxParallel))
        {
            foreach (var (key, rights) in some.Zip(await Task.WhenAll(some.Select(Ask))))
            {
                known[key] = rights;
            }
        }

        async Task<Rights?> Ask((PersonId Person, string WorkspaceId) key)
        {
            try
            {
                return await asker.RightsOf(key.Person, key.WorkspaceId);
            }
            catch (Exception fault) when (Faults.IsUnavailable(fault))
            {
                return null;
            }
        }
    }

    private static IEnumerable<ArraySegment<T>> Parts<T>(T[] items, Semantic semantic)
    {
        for (var (start, size) = (0, semantic == Semantic.ExecuteAll ? items.Length : 1); start < items.Length; start += size, size = Math.Min(size * Growth, Asker.MaxParallel))
        {
            size = Math.Min(size, items.Length - start);
            yield return new(items, start, size);
        }
    }

    // Members that a question leaves out are taken from the whole batch, one by one.
    private static (Question? Question, string? Fault) Complete(EvaluationsRequest batch, EvaluationItem item)
    {
        if (item.Fault is { } malformed)
        {
            var errors = new RequestErrors(1);
            errors.Add(malformed);
            var (field, messages) = errors.ToDictionary().Single();
            return (null, field == RequestErrors.Body ? messages[0] : $"{field}: {messages[0]}");
        }

        var (subject, action, resource) = (item.Question!.Subject, item.Question.Action, item.Question.Resource);
        var values = new[]
        {
            ("subject.type", subject?.Type ?? batch.Subject?.Type), ("subject.id", subject?.Id ?? batch.Subject?.Id),
            ("action.name", action?.Name ?? batch.Action?.Name),
            ("resource.type", resource?.Type ?? batch.Resource?.Type), ("resource.id", resource?.Id ?? batch.Resource?.Id),
        };
        var missing = values.FirstOrDefault(value => value.Item2 is null).Item1;
        return missing is not null
            ? (null, $"{missing}: Is required.")
            : (Question.Of(new(new(values[0].Item2!, values[1].Item2!, null), new(values[2].Item2!, null), new(values[3].Item2!, values[4].Item2!, null), null)), null);
    }

    /// <summary>A question about a person and a workspace whose ids are well-formed; neither need exist.</summary>
    private sealed record Question(PersonId Person, string WorkspaceId, Permissions Permission)
    {
        public (PersonId, string) Key => (Person, WorkspaceId);

        /// <summary>Returns null if the answer is false without asking a grain.</summary>
        public static Question? Of(EvaluationRequest request) =>
            Entities.TryPerson(request.Subject.Type, request.Subject.Id, out var person)
            && Entities.TryAction(request.Action.Name, out var permission)
            && Entities.IsWorkspace(request.Resource.Type, request.Resource.Id)
                ? new(person, request.Resource.Id, permission)
                : null;
    }
}
