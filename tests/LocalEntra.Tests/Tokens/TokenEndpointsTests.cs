using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using static EngageCenter.LocalEntra.Tests.TestDirectory;

namespace EngageCenter.LocalEntra.Tests.Tokens;

public sealed class TokenEndpointsTests(SharedEntra shared) : IClassFixture<SharedEntra>
{
    private const string Delegated = "api://engage-center/access_as_user";
    private const string Default = "api://engage-center/.default";

    private readonly FakeTimeProvider time = shared.Time;
    private readonly RunningEntra entra = shared.Running;

    [Theory]
    [InlineData("ann@contoso.example", Delegated)]
    [InlineData("ANN@Contoso.Example", Delegated)]
    [InlineData("ann@contoso.example", $"openid profile offline_access email {Delegated}")]
    [InlineData("ann@contoso.example", Default)]
    [InlineData("ann@contoso.example", $"{LocalEntraOptions.DefaultApiClientId}/access_as_user")]
    public async Task Person_without_a_password_needs_none(string username, string scope)
    {
        using var response = await entra.AskTokenAsync(Contoso, ("grant_type", "password"), ("client_id", "tests"), ("username", username), ("scope", scope));
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal("Bearer", answer.GetProperty("token_type").GetString());
        Assert.Equal(3600, answer.GetProperty("expires_in").GetInt32());
        Assert.Equal(3600, answer.GetProperty("ext_expires_in").GetInt32());
        Assert.Equal(Delegated, answer.GetProperty("scope").GetString());
        Assert.Equal(Ann, RunningEntra.Payload(answer.GetProperty("access_token").GetString()!).GetProperty("oid").GetString());
    }

    [Theory]
    [InlineData("correct horse", HttpStatusCode.OK)]
    [InlineData("Correct horse", HttpStatusCode.BadRequest)]
    [InlineData("", HttpStatusCode.BadRequest)]
    public async Task Only_the_password_of_the_directory_is_accepted(string password, HttpStatusCode expected)
    {
        using var response = await entra.AskTokenAsync(Contoso, ("grant_type", "password"), ("username", "bob@contoso.example"), ("password", password), ("scope", Delegated));

        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData(400, "invalid_request", 900144, Contoso, "")]
    [InlineData(400, "invalid_request", 90002, "99999999-0000-4000-8000-000000000000", "grant_type=password&username=ann@contoso.example&scope=" + Delegated)]
    [InlineData(400, "invalid_request", 90002, "contoso", "grant_type=password")]
    [InlineData(400, "invalid_request", 50059, "common", "grant_type=password")]
    [InlineData(400, "unsupported_grant_type", 70003, Contoso, "grant_type=implicit")]
    [InlineData(400, "invalid_request", 9000411, Contoso, "grant_type=password&grant_type=password")]
    [InlineData(400, "invalid_request", 900144, Contoso, "grant_type=password&username=ann@contoso.example")]
    [InlineData(400, "invalid_request", 900144, Contoso, "grant_type=password&scope=" + Delegated)]
    [InlineData(400, "invalid_scope", 70011, Contoso, "grant_type=password&username=ann@contoso.example&scope=openid")]
    [InlineData(400, "invalid_scope", 70011, Contoso, "grant_type=password&username=ann@contoso.example&scope=" + Delegated + "+User.Read")]
    [InlineData(400, "invalid_grant", 50034, Contoso, "grant_type=password&username=eve@fabrikam.example&scope=" + Delegated)]
    [InlineData(400, "invalid_grant", 50126, Contoso, "grant_type=password&username=bob@contoso.example&password=x&scope=" + Delegated)]
    [InlineData(401, "invalid_client", 7000215, Contoso, "grant_type=password&client_id=automation&client_secret=x&username=ann@contoso.example&scope=" + Delegated)]
    [InlineData(400, "invalid_request", 900144, Contoso, "grant_type=client_credentials&client_secret=x&scope=" + Default)]
    [InlineData(400, "unauthorized_client", 700016, Contoso, "grant_type=client_credentials&client_id=nobody&client_secret=x&scope=" + Default)]
    [InlineData(401, "invalid_client", 7000216, Contoso, "grant_type=client_credentials&client_id=automation&scope=" + Default)]
    [InlineData(401, "invalid_client", 7000215, Contoso, "grant_type=client_credentials&client_id=automation&client_secret=x&scope=" + Default)]
    [InlineData(400, "invalid_request", 900144, Contoso, "grant_type=client_credentials&client_id=powerless&client_secret=s3cret")]
    [InlineData(400, "invalid_scope", 1002012, Contoso, "grant_type=client_credentials&client_id=powerless&client_secret=s3cret&scope=" + Delegated)]
    public async Task Refusal_has_the_error_and_number_of_Entra(int status, string error, int code, string tenant, string form)
    {
        using var content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await entra.Client.PostAsync($"/{tenant}/oauth2/v2.0/token", content);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal(error, answer.GetProperty("error").GetString());
        Assert.StartsWith($"AADSTS{code}: ", answer.GetProperty("error_description").GetString());
        Assert.Equal(code, Assert.Single(answer.GetProperty("error_codes").EnumerateArray()).GetInt32());
        Assert.Equal("2026-03-01 12:00:00Z", answer.GetProperty("timestamp").GetString());
        Assert.True(answer.GetProperty("trace_id").TryGetGuid(out _));
        Assert.True(answer.GetProperty("correlation_id").TryGetGuid(out _));
    }

    [Theory]
    [InlineData("application/json", 10, 400)]
    [InlineData("application/x-www-form-urlencoded", 65 * 1024, 413)]
    public async Task Unreadable_body_is_refused(string type, int length, int status)
    {
        using var content = new StringContent(new string('a', length), Encoding.UTF8, type);
        using var response = await entra.Client.PostAsync($"/{Contoso}/oauth2/v2.0/token", content);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("invalid_request", answer.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Application_may_authenticate_with_HTTP_Basic()
    {
        using var request = WithBasic($"automation:{Uri.EscapeDataString("s3cret:/+ %")}", ("grant_type", "client_credentials"), ("scope", Default));
        using var response = await entra.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("automation", "", 400)]
    [InlineData("automation:wrong", "", 401)]
    [InlineData("automation:wrong", "s3cret", 400)]
    public async Task Invalid_or_additional_HTTP_Basic_is_refused(string basic, string secret, int status)
    {
        using var request = WithBasic(basic, ("grant_type", "client_credentials"), ("scope", Default), ("client_secret", secret));
        using var response = await entra.Client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Lifetime_is_as_configured()
    {
        await using var brief = await RunningEntra.StartAsync(Value, time, "--LocalEntra:TokenLifetime=00:10:00");

        var token = RunningEntra.Payload(await brief.TokenOfAsync(Contoso, "ann@contoso.example"));

        Assert.Equal(600, token.GetProperty("exp").GetInt64() - token.GetProperty("iat").GetInt64());
    }

    private static HttpRequestMessage WithBasic(string basic, params (string, string)[] form) => new(HttpMethod.Post, $"/{Contoso}/oauth2/v2.0/token")
    {
        Content = RunningEntra.Form(form),
        Headers = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(basic))) },
    };
}
