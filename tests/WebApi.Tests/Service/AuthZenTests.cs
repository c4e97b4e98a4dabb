using System.Net;
using System.Text.Json.Nodes;
using EngageCenter.Access;

namespace EngageCenter.WebApi.Tests.Service;

/// <summary>
/// Runs the cases of the AuthZEN Authorization API 1.0 certification scenario that need no properties, with our subjects:
/// Alice is the Customer Support Manager, and Bob has Support User through a group. Reading is ViewSupportInsights, and
/// writing is RenameSpace. An application and a person ask each question.
/// </summary>
[Collection(RunningService.Collection)]
public partial class AuthZenTests(RunningService service)
{
    private const string Evaluation = "/access/v1/evaluation";
    private const string Batch = "/access/v1/evaluations";
    private const string Subjects = "/access/v1/search/subject";
    private const string Resources = "/access/v1/search/resource";
    private const string Actions = "/access/v1/search/action";

    private static readonly string[] endpoints = [Evaluation, Batch, Subjects, Resources, Actions];

    [Theory]
    [InlineData("ALICE READ RECORD", true)]
    [InlineData("ALICE WRITE RECORD", true)]
    [InlineData("BOB READ RECORD", true)]
    [InlineData("BOB WRITE RECORD", false)]
    [InlineData("""ALICE READ RECORD, "context": { "time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1" }""", true)]
    [InlineData("""BOB WRITE RECORD, "context": {}""", false)]
    [InlineData("""ALICE READ RECORD, "foo": "bar", "futureField": { "nested": true }""", true)]
    [InlineData("""ALICE READ RECORD, "context": { "a": [[[[[[[[[[[[[[]]]]]]]]]]]]]] }""", true)]
    [InlineData("""ALICE{"properties":{"department":"Sales"}} READ{"properties":{"method":"GET"}} RECORD{"properties":{"owner":"bob","tags":[1,{"deep":null}]}}""", true)]
    public async Task Evaluation_returns_a_decision_with_its_reasons(string question, bool allowed)
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            foreach (var path in (string[])[Evaluation, Batch])
            {
                // The decision is the same each time.
                for (var times = 0; times < 3; times++)
                {
                    using var response = await service.Send(HttpMethod.Post, path, token, world.Body(question), ("X-Request-ID", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"));
                    var answer = await response.Is(HttpStatusCode.OK);
                    Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
                    Assert.Equal("bfe9eb29-ab87-4ca3-be83-a1d5d8305716", response.Headers.GetValues("X-Request-ID").Single());
                    Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
                    Assert.Equal(allowed, (bool)answer["decision"]!);
                    Assert.Null(answer["evaluations"]);
                    Assert.Equal(world.Epoch, (long)answer["context"]!["epoch"]!);
                    Assert.Equal(allowed, answer["context"]!["reasons"]!.AsArray().Count > 0);
                }
            }
        }
    }

    [Fact]
    public async Task Reasons_name_the_roles_that_give_the_permission_and_their_sources()
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            var alice = await service.Json(HttpMethod.Post, Evaluation, token, world.Body("ALICE WRITE RECORD"));
            var reason = Assert.Single(alice["context"]!["reasons"]!.AsArray())!;
            Assert.Equal(("CustomerSupportManager", "Contract"), ((string)reason["role"]!, (string)reason["source"]!));
            var bob = await service.Json(HttpMethod.Post, Evaluation, token, world.Body("BOB READ RECORD"));
            reason = Assert.Single(bob["context"]!["reasons"]!.AsArray())!;
            Assert.Equal(
                ("SupportUser", "EntraGroup", $"{TestDirectory.GroupId(Roles.SupportUser)}"), ((string)reason["role"]!, (string)reason["source"]!, (string)reason["sourceId"]!));
        }
    }

    [Theory]
    [InlineData("ALICE READ NOWHERE")]
    [InlineData("ALICE FLY RECORD")]
    [InlineData("NOBODY READ RECORD")]
    [InlineData("OUTSIDER READ RECORD")]
    [InlineData("STRANGER READ RECORD")]
    [InlineData("""ALICE{"type":"spaceship"} READ RECORD""")]
    [InlineData("""ALICE{"type":"User"} READ RECORD""")]
    [InlineData("""ALICE{"id":"alice@contoso.example"} READ RECORD""")]
    [InlineData("""ALICE{"id":""} READ RECORD""")]
    [InlineData("""ALICE READ{"name":"None"} RECORD""")]
    [InlineData("""ALICE READ{"name":"viewsupportinsights"} RECORD""")]
    [InlineData("""ALICE READ{"name":"ViewSupportInsights, RenameSpace"} RECORD""")]
    [InlineData("""ALICE READ{"name":" ViewSupportInsights"} RECORD""")]
    [InlineData("""ALICE READ{"name":"256"} RECORD""")]
    [InlineData("""ALICE READ RECORD{"type":"record"}""")]
    [InlineData("""ALICE READ RECORD{"id":"record-1"}""")]
    public async Task Unknown_subject_action_or_resource_is_denied(string question)
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            var answer = await service.Json(HttpMethod.Post, Evaluation, token, world.Body(question));
            Assert.False((bool)answer["decision"]!);
            Assert.Empty(answer["context"]!["reasons"]!.AsArray());
            Assert.Null(answer["context"]!["error"]);
        }
    }

    [Theory]
    [InlineData(Evaluation, "READ RECORD", "subject")]
    [InlineData(Evaluation, "ALICE RECORD", "action")]
    [InlineData(Evaluation, "ALICE READ", "resource")]
    [InlineData(Evaluation, """ALICE{"type":null} READ RECORD""", "subject.type")]
    [InlineData(Evaluation, """ALICE{"id":null} READ RECORD""", "subject.id")]
    [InlineData(Evaluation, """ALICE READ{"name":null} RECORD""", "action.name")]
    [InlineData(Evaluation, """ALICE READ RECORD{"type":null}""", "resource.type")]
    [InlineData(Evaluation, """ALICE READ RECORD{"id":null}""", "resource.id")]
    [InlineData(Evaluation, """READ RECORD, "subject": "alice" """, "subject")]
    [InlineData(Evaluation, """ALICE READ{"name":123} RECORD""", "action.name")]
    [InlineData(Evaluation, """ALICE READ RECORD, "context": "now" """, "context")]
    [InlineData(Evaluation, """ALICE{"properties":[]} READ RECORD""", "subject.properties")]
    [InlineData(Evaluation, """ALICE READ RECORD, "context": { "a": [[[[[[[[[[[[[[[]]]]]]]]]]]]]]] }""", "$")]
    [InlineData(Batch, "READ RECORD", "subject")]
    [InlineData(Batch, """READ RECORD, "evaluations": [] """, "subject")]
    [InlineData(Batch, """ALICE READ{"name":null} RECORD""", "action.name")]
    [InlineData(Batch, """ALICE READ RECORD, "evaluations": {} """, "evaluations")]
    [InlineData(Batch, """ALICE READ, "evaluations": [ { RECORD } ], "options": { "evaluations_semantic": "first_come" } """, "options.evaluations_semantic")]
    [InlineData(Batch, """READ RECORD, "subject": 1, "evaluations": [ { RECORD } ] """, "subject")]
    [InlineData(Subjects, "USERS RECORD", "action")]
    [InlineData(Subjects, "READ RECORD", "subject")]
    [InlineData(Subjects, """USERS READ RECORD{"id":null}""", "resource.id")]
    [InlineData(Subjects, """USERS{"type":null} READ RECORD""", "subject.type")]
    [InlineData(Subjects, """USERS READ RECORD, "page": { "limit": -1 } """, "page.limit")]
    [InlineData(Subjects, """USERS READ RECORD, "page": { "limit": "1" } """, "page.limit")]
    [InlineData(Subjects, """USERS READ RECORD, "page": { "token": "made-up" } """, "page.token")]
    [InlineData(Subjects, """USERS READ RECORD, "page": 1 """, "page")]
    [InlineData(Resources, "READ RECORDS", "subject")]
    [InlineData(Resources, """ALICE{"id":null} READ RECORDS""", "subject.id")]
    [InlineData(Resources, "ALICE RECORDS", "action")]
    [InlineData(Resources, "ALICE READ", "resource")]
    [InlineData(Actions, "ALICE", "resource")]
    [InlineData(Actions, """ALICE RECORD{"id":null}""", "resource.id")]
    public async Task Missing_or_mistyped_member_is_400_and_named(string path, string body, string field)
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            using var response = await service.Send(HttpMethod.Post, path, token, world.Body(body));
            await response.IsProblem(400, "invalid-request", field);
        }
    }

    [Fact]
    public async Task Body_that_is_absent_or_not_JSON_is_400()
    {
        var world = await World();
        foreach (var path in endpoints)
        {
            foreach (var body in (string?[])["", "{", "[]", "null", "\"alice\"", null])
            {
                using var response = await service.Send(HttpMethod.Post, path, world.Application, body);
                await response.IsProblem(400, "invalid-request", "$");
            }

            using var text = new StringContent(world.Body("ALICE READ RECORD"), System.Text.Encoding.UTF8, "text/plain");
            using var typed = await service.Send(HttpMethod.Post, path, world.Application, text);
            await typed.IsProblem(400, "invalid-request", "Content-Type");
        }
    }

    [Theory]
    [InlineData("ALICE READ, 'evaluations': [ { RECORD }, { SECOND } ]", "true,true")]
    [InlineData("BOB RECORD, 'evaluations': [ { READ }, { WRITE } ]", "true,false")]
    [InlineData("'evaluations': [ { ALICE READ RECORD }, { BOB WRITE RECORD } ]", "true,false")]
    [InlineData("ALICE READ, 'context': { 'time': 'now' }, 'evaluations': [ { RECORD }, { SECOND, 'context': { 'source': 'batch' } } ]", "true,true")]
    [InlineData("ALICE WRITE, 'resource': { 'type': 'workspace' }, 'evaluations': [ { 'resource': { 'id': 'RECORD_ID' } }, { NOWHERE } ]", "true,false")]
    [InlineData("ALICE READ, 'options': { 'another': 1 }, 'evaluations': [ { RECORD }, { FLY RECORD } ]", "true,false")]
    [InlineData("READ RECORD, 'options': { 'evaluations_semantic': 'execute_all' }, 'evaluations': [ { ALICE }, { NOBODY }, { BOB } ]", "true,false,true")]
    [InlineData("READ RECORD, 'options': { 'evaluations_semantic': 'deny_on_first_deny' }, 'evaluations': [ { ALICE }, { NOBODY }, { BOB } ]", "true,false")]
    [InlineData("READ RECORD, 'options': { 'evaluations_semantic': 'deny_on_first_deny' }, 'evaluations': [ { ALICE }, { BOB } ]", "true,true")]
    [InlineData("READ RECORD, 'options': { 'evaluations_semantic': 'deny_on_first_deny' }, 'evaluations': [ 1, { ALICE } ]", "false")]
    [InlineData("READ RECORD, 'options': { 'evaluations_semantic': 'permit_on_first_permit' }, 'evaluations': [ { ALICE }, { NOBODY }, { BOB } ]", "true")]
    [InlineData("READ RECORD, 'options': { 'evaluations_semantic': 'permit_on_first_permit' }, 'evaluations': [ { NOBODY }, {}, { OUTSIDER }, { BOB }, { ALICE } ]", "false,false,false,true")]
    [InlineData("READ RECORD, 'options': { 'evaluations_semantic': 'permit_on_first_permit' }, 'evaluations': [ { NOBODY }, { OUTSIDER } ]", "false,false")]
    public async Task Batch_is_answered_in_order_and_ends_as_its_semantic_says(string body, string decisions)
    {
        var world = await World();
        foreach (var token in world.Askers)
        {
            var answer = await service.Json(HttpMethod.Post, Batch, token, world.Body(body.Replace('\'', '"')));
            Assert.Null(answer["decision"]);
            Assert.Equal(decisions, string.Join(',', answer["evaluations"]!.AsArray().Select(e => (bool)e!["decision"]! ? "true" : "false")));
        }
    }

    [Fact]
    public async Task Malformed_question_is_denied_with_its_reason_and_others_are_answered()
    {
        var world = await World();
        var body = world.Body("""ALICE READ, "evaluations": [ { RECORD }, {}, null, 1, "x", [], { "resource": "x" }, { "resource": { "type": 1, "id": "x" } }, { RECORD, "subject": { "id": [] } }, { RECORD } ] """);
        foreach (var token in world.Askers)
        {
            var answers = (await service.Json(HttpMethod.Post, Batch, token, body))["evaluations"]!.AsArray();
            Assert.Equal(10, answers.Count);
            Assert.True((bool)answers[0]!["decision"]!);
            Assert.True((bool)answers[9]!["decision"]!);
            Assert.All(answers.Skip(1).Take(8), answer =>
            {
                Assert.False((bool)answer!["decision"]!);
                Assert.Equal(400, (int)answer["context"]!["error"]!["status"]!);
                Assert.NotEmpty((string)answer["context"]!["error"]!["message"]!);
            });
            Assert.Equal("resource.type: Is required.", (string?)answers[1]!["context"]!["error"]!["message"]);
            Assert.Equal("resource.type: Must be a string.", (string?)answers[7]!["context"]!["error"]!["message"]);
        }
    }

    [Fact]
    public async Task Batch_has_at_most_1_000_questions()
    {
        var world = await World();
        var most = await service.Json(HttpMethod.Post, Batch, world.Application, world.Body($$"""READ RECORD, "evaluations": [ {{string.Join(',', Enumerable.Repeat("{ ALICE }, { BOB }", 500))}} ] """));
        Assert.Equal(1_000, most["evaluations"]!.AsArray().Count(e => (bool)e!["decision"]!));
        using var more = await service.Send(
            HttpMethod.Post, Batch, world.Application, world.Body($$"""READ RECORD, "evaluations": [ {{string.Join(',', Enumerable.Repeat("{ ALICE }", 1_001))}} ] """));
        await more.IsProblem(400, "invalid-request", "evaluations");
    }

    [Fact]
    public async Task Revoked_right_is_denied_at_once_and_no_longer_found()
    {
        var (workspace, person, team) = (await service.Workspace(granted: false), service.NewPerson(), service.NewTeam());
        await service.Grant(workspace, team, Roles.SupportUser);
        await service.Join(team, person);
        await service.Get($"/v1/workspaces/{workspace}", await service.NewerToken(person));
        var subject = new JsonObject { ["type"] = "user", ["id"] = $"{TestDirectory.Contoso}/{TestDirectory.UserId(person)}" };
        foreach (var token in (string[])[await service.AppToken(), await service.ManagerToken()])
        {
            await service.Grant(workspace, team, Roles.SupportUser);
            Assert.Equal((true, true, true, true), await Answers(token));
            await service.Revoke(workspace, team);
            Assert.Equal((false, false, false, false), await Answers(token));
        }

        async Task<(bool Allowed, bool IsSubject, bool IsResource, bool IsAction)> Answers(string token)
        {
            var (action, resource) = (new JsonObject { ["name"] = "ViewSupportInsights" }, new JsonObject { ["type"] = "workspace", ["id"] = workspace });
            JsonObject Body(JsonObject? who, JsonObject? what, JsonObject where)
            {
                var body = new JsonObject { ["subject"] = (who ?? new() { ["type"] = "user" }).DeepClone(), ["resource"] = where.DeepClone() };
                if (what is not null)
                {
                    body["action"] = what.DeepClone();
                }

                return body;
            }

            var found = await service.Json(HttpMethod.Post, Subjects, token, Body(null, action, resource));
            var where = await service.Json(HttpMethod.Post, Resources, token, Body(subject, action, new() { ["type"] = "workspace" }));
            var what = await service.Json(HttpMethod.Post, Actions, token, Body(subject, null, resource));
            return (
                (bool)(await service.Json(HttpMethod.Post, Evaluation, token, Body(subject, action, resource)))["decision"]!,
                found["results"]!.AsArray().Any(r => (string?)r!["id"] == (string?)subject["id"]),
                where["results"]!.AsArray().Any(r => (string?)r!["id"] == workspace),
                what["results"]!.AsArray().Any(r => (string?)r!["name"] == "ViewSupportInsights"));
        }
    }

    [Fact]
    public async Task Foreign_workspace_looks_like_one_that_does_not_exist()
    {
        var world = await World();
        var outsider = await service.Token(TestDirectory.Outsider);
        foreach (var (path, body) in new[]
        {
            (Evaluation, "ALICE READ RECORD"), (Evaluation, "OUTSIDER READ RECORD"), (Batch, """ALICE READ, "evaluations": [ { RECORD } ] """),
            (Subjects, "USERS READ RECORD"), (Actions, "ALICE RECORD"), (Actions, "OUTSIDER RECORD"),
        })
        {
            var there = await service.Json(HttpMethod.Post, path, outsider, world.Body(body));
            var nowhere = await service.Json(HttpMethod.Post, path, outsider, world.Body(body.Replace("RECORD", "NOWHERE", StringComparison.Ordinal)));
            Assert.Equal(nowhere.ToJsonString(), there.ToJsonString());
            Assert.Null(there["context"]?["epoch"]);
        }
    }

    [Fact]
    public async Task Unconfirmed_question_in_a_batch_is_denied_with_503()
    {
        var world = await World();
        var contact = new Forgery(service, await service.ManagerToken()).With(("groups", null), ("hasgroups", true));
        var answers = (await service.Json(HttpMethod.Post, Batch, contact, world.Body("""ALICE RECORD, "evaluations": [ { WRITE }, { "action": { "name": "AccessLearning" } } ] """)))["evaluations"]!.AsArray();
        Assert.Equal([true, false], answers.Select(a => (bool)a!["decision"]!));
        Assert.Equal(503, (int)answers[1]!["context"]!["error"]!["status"]!);
        Assert.Null(answers[0]!["context"]!["error"]);
    }

    [Fact, Trait("Needs", "OneProcess")]
    public async Task Configuration_lists_every_endpoint_under_one_address()
    {
        using var response = await service.Send(HttpMethod.Get, "/.well-known/authzen-configuration", null, null, ("Host", "evil.example"));
        var metadata = await response.Is(HttpStatusCode.OK);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var url = service.Http.BaseAddress!.ToString().TrimEnd('/');
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["policy_decision_point"] = url,
                ["access_evaluation_endpoint"] = url + Evaluation,
                ["access_evaluations_endpoint"] = url + Batch,
                ["search_subject_endpoint"] = url + Subjects,
                ["search_resource_endpoint"] = url + Resources,
                ["search_action_endpoint"] = url + Actions,
            },
            metadata.AsObject().ToDictionary(m => m.Key, m => (string)m.Value!));
    }
}
