using EngageCenter.Access;
using EngageCenter.Learning;
using EngageCenter.Users;
using static EngageCenter.WebApi.Tests.RunningWebApi;

namespace EngageCenter.WebApi.Tests.Learning;

/// <summary>Tests how clients see rare outcomes of the grains.</summary>
public sealed class LearningAnswerTests : IAsyncLifetime
{
    private const string Enrollment = $"/v1/workspaces/{WorkspaceId}/learning/enrollments/a";
    private RunningWebApi api = null!;

    public async Task InitializeAsync() => api = await RunningWebApi.StartAsync();

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task Full_catalogue_accepts_no_course()
    {
        api.Grains.On<ICourseCatalogGrain>("Put", _ => Task.FromResult(new PutCourseOutcome(PutCourseStatus.TooManyCourses)));
        var answer = await api.SendAsync("PUT", "/v1/learning/courses/a", ApplicationToken("Learning.ReadWrite.All"), """{"title":"a","format":"Lab","product":"a","language":"en","durationMinutes":1}""");
        Assert.Equal((409, "too-many-courses"), (answer.Status, answer.Slug));
    }

    [Theory]
    [InlineData(PutEnrollmentStatus.TooManyEnrollments, "too-many-enrollments")]
    [InlineData(PutEnrollmentStatus.TooManyProducts, "too-many-products")]
    public async Task Full_workspace_starts_no_course(PutEnrollmentStatus status, string slug)
    {
        api.Decides(Member(Permissions.AccessLearning));
        api.Grains.On<ILearningGrain>("Put", _ => Task.FromResult(new PutEnrollmentOutcome(status)));
        var answer = await api.SendAsync("PUT", Enrollment, Token(), """{"progressPercent":1}""");
        Assert.Equal((409, slug), (answer.Status, answer.Slug));
    }

    [Theory]
    [InlineData("PUT", "/enrollments/a")]
    [InlineData("GET", "/enrollments/a")]
    [InlineData("GET", "/transcript")]
    [InlineData("GET", "/consumption")]
    public async Task Policy_that_changed_meanwhile_is_decided_again(string method, string path)
    {
        api.Decides(Member(Permissions.AccessLearning), Member(Permissions.ViewUserRoles, 2));
        api.Grains.On<ILearningGrain>("Put", _ => Task.FromResult(new PutEnrollmentOutcome(PutEnrollmentStatus.DecideAgain)));
        api.Grains.On<ILearningGrain>("Enrollment", _ => Task.FromResult<EnrollmentLookup?>(null));
        api.Grains.On<ILearningGrain>("Transcript", _ => Task.FromResult<Paging.Page<Enrollment>?>(null));
        api.Grains.On<ILearningGrain>("Consumption", _ => Task.FromResult<Consumption?>(null));

        var answer = await api.SendAsync(method, $"/v1/workspaces/{WorkspaceId}/learning{path}", Token(), method == "PUT" ? """{"progressPercent":1}""" : null);
        Assert.Equal((403, "missing-permission"), (answer.Status, answer.Slug));
    }

    [Theory]
    [InlineData(Standing.Outsider, 403, "missing-permission")]
    [InlineData(Standing.Unconfirmed, 503, "access-unconfirmed")]
    public async Task Catalogue_needs_AccessLearning_in_any_workspace(Standing standing, int status, string slug)
    {
        api.Grains.On<IUserGrain>("DecideAnywhere", a => new ValueTask<Standing>((Permissions)a[1]! == Permissions.AccessLearning ? standing : Standing.Member));
        foreach (var path in (string[])["/v1/learning/courses?pageSize=0", "/v1/learning/courses/a%20b"])
        {
            var answer = await api.SendAsync("GET", path, Token());
            Assert.Equal((status, slug), (answer.Status, answer.Slug));
        }
    }

    [Fact]
    public async Task Catalogue_is_unconfirmed_for_a_token_without_the_groups_and_without_a_contract_role()
    {
        SignIn? asked = null;
        api.Grains.On<IUserGrain>("DecideAnywhere", a =>
        {
            asked = (SignIn)a[0]!;
            return new ValueTask<Standing>(Standing.Unconfirmed);
        });

        var answer = await api.SendAsync("GET", "/v1/learning/courses", Token(null, ("hasgroups", true)));

        Assert.Equal((503, "access-unconfirmed"), (answer.Status, answer.Slug));
        Assert.True(asked!.LeavesGroupsOut);
    }
}
