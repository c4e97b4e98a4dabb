using System.Text.Json.Nodes;

namespace EngageCenter.Cli.Tests;

/// <summary>Each command, for people and for programs.</summary>
[Collection(nameof(CliService))]
public sealed class CommandTests(CliService service)
{
    [Fact]
    public async Task Workspaces_that_were_never_opened_are_bold()
    {
        var unopened = await service.WorkspaceAsync("never opened");
        using var shell = await service.SignedInAsync("adele");
        (shell.IsTerminal, shell.Variables["COLUMNS"]) = (true, "200");
        var lines = (await shell.RunAsync("workspaces")).With(0).Out.Split('\n');
        Assert.DoesNotContain("\e[1m", lines.Single(l => l.Contains(service.Workspace)));
        Assert.Contains("\e[1m", lines.Single(l => l.Contains(unopened)));

        shell.IsTerminal = false;
        var redirected = (await shell.RunAsync("workspaces")).With(0).Out;
        Assert.DoesNotContain('\e', redirected);
        Assert.DoesNotContain('│', redirected);
        Assert.Contains("never", redirected);

        var json = (await shell.RunAsync("workspaces", "--json")).With(0).Json.AsArray();
        Assert.Equal(["Contoso", "never opened"], json.Select(w => (string)w!["name"]!).Where(n => n is "Contoso" or "never opened"));
        Assert.Equal((true, false), (Opened(service.Workspace), Opened(unopened)));

        bool Opened(string id) => (bool)json.Single(w => (string)w!["workspaceId"]! == id)!["hasBeenAccessed"]!;
    }

    [Fact]
    public async Task A_workspace_is_used_by_its_name_and_remembered()
    {
        using var shell = await service.SignedInAsync("adele", isUsing: false);
        Assert.Contains("engage use", (await shell.RunAsync("users")).With(2).Error);
        Assert.Contains("Contoso Data Platform is in use", (await shell.RunAsync("use", "contoso data platform")).With(0).Out);
        Assert.Contains("Contoso Data Platform", (await shell.RunAsync("whoami")).With(0).Out);
        Assert.Contains("no workspace 'Nowhere'", (await shell.RunAsync("use", "Nowhere")).With(2).Error);
        Assert.Equal(service.Workspace, (string)(await shell.RunAsync("use", "Contoso", "--json")).With(0).Json["workspaceId"]!);
    }

    [Fact]
    public async Task A_check_says_yes_or_no_by_its_exit_code_too()
    {
        using var shell = await service.SignedInAsync("adele");
        Assert.Matches("RenameSpace +yes +CustomerSupportManager", (await shell.RunAsync("check", "renamespace", "ViewUserRoles")).With(0).Out);
        var no = (await shell.RunAsync("check", "RenameSpace", "AccessLearning", "--json")).With(1).Json;
        Assert.Equal([true, false], no["results"]!.AsArray().Select(r => (bool)r!["allowed"]!));
        Assert.Contains("There are: ", (await shell.RunAsync("check", "Everything")).With(2).Error);
        Assert.Matches("RenameSpace +no", (await shell.RunAsync("check", "RenameSpace", "--user", $"{CliService.Contoso}/{Guid.NewGuid()}")).With(1).Out);
        (await shell.RunAsync("check")).With(2);
    }

    [Theory]
    [InlineData("ENGAGE_SERVER", "garbage")]
    [InlineData("ENGAGE_SERVER", " ")]
    [InlineData("ENGAGE_SERVER", "https://")]
    [InlineData("ENGAGE_SERVER", "ftp://localhost")]
    [InlineData("ENGAGE_SERVER", "http://example.com")]
    [InlineData("ENGAGE_SERVER", "http://localhost:99999")]
    [InlineData("ENGAGE_INSTANCE", "garbage")]
    [InlineData("ENGAGE_SCOPE", "garbage x")]
    public async Task Unusable_setting_is_named_and_is_a_mistake_of_the_command(string variable, string value)
    {
        using var shell = await service.SignedInAsync("adele");
        shell.Variables[variable] = value;
        Assert.Contains(variable, (await shell.RunAsync("workspaces")).With(2).Error);
    }

    [Theory]
    [InlineData("audit", "tail", "-n", "abc")]
    [InlineData("audit", "tail", "--last", "501")]
    [InlineData("users", "--most", "0")]
    [InlineData("users", "--most", "99999999999")]
    [InlineData("cases", "import", "file.csv", "--batch", "99999999999")]
    public async Task Number_that_is_out_of_bounds_is_a_mistake_of_the_command(params string[] command)
    {
        using var shell = await service.SignedInAsync("adele");
        Assert.Contains("must be a whole number", (await shell.RunAsync(command)).With(2).Error);
    }

    [Fact]
    public async Task Why_names_the_groups_and_who_could_help()
    {
        using var adele = await service.SignedInAsync("adele");
        var group = Guid.NewGuid();
        (await adele.RunAsync("groups", "set", CliService.SupportGroup, "--role", "SupportUser")).With(0);
        using var grady = await service.SignedInAsync("grady");

        var why = (await grady.RunAsync("why", "ViewSupportInsights")).With(0).Out;
        Assert.Contains("You may ViewSupportInsights:", why);
        Assert.Contains(CliService.SupportGroup, why);
        Assert.Contains("CustomerSupportManager by the agreement", (await adele.RunAsync("why", "RenameSpace")).With(0).Out);
        Assert.Contains("AssessmentUser, by a group of the workspace", (await grady.RunAsync("why", "AccessAssessments")).With(1).Out);
        Assert.Contains("Grady Archie may not RenameSpace", (await adele.RunAsync("why", "RenameSpace", "--user", "Grady Archie")).With(1).Out);
        Assert.Contains("Nobody here", (await adele.RunAsync("why", "RenameSpace", "--user", "Nobody")).With(2).Error);
        Assert.False((bool)(await grady.RunAsync("why", "RenameSpace", "--json")).With(1).Json["allowed"]!);
    }

    [Fact]
    public async Task Users_are_listed_and_looked_for()
    {
        using var shell = await service.SignedInAsync("adele");
        var table = (await shell.RunAsync("users")).With(0).Out;
        Assert.Contains("Adele Vance", table);
        Assert.Contains("CustomerSupportManager", table);
        var found = (await shell.RunAsync("users", "--search", "miriam", "--status", "pending", "--json")).With(0).Json.AsArray();
        Assert.Equal("Miriam Graham", (string)Assert.Single(found)!["displayName"]!);
        Assert.Equal("[]", (await shell.RunAsync("users", "--search", "nobody", "--json")).With(0).Out.Trim());
        Assert.Contains("There are: ", (await shell.RunAsync("users", "--role", "King")).With(2).Error);
        Assert.Contains("more than 1", (await shell.RunAsync("users", "--most", "1")).With(0).Error);
    }

    [Fact]
    public async Task Groups_are_added_set_previewed_and_removed()
    {
        using var shell = await service.SignedInAsync("adele");
        var group = $"{Guid.NewGuid()}";
        Assert.Contains("has LearningUser.", (await shell.RunAsync("groups", "add", group, "--role", "learninguser")).With(0).Out);
        Assert.Contains("has AssessmentUser, LearningUser.", (await shell.RunAsync("groups", "add", group, "--role", "AssessmentUser")).With(0).Out);
        Assert.Equal(["SupportUser"], Roles((await shell.RunAsync("groups", "set", group, "-r", "SupportUser", "--json")).With(0).Json));
        Assert.Contains(group, (await shell.RunAsync("groups", "list")).With(0).Out);
        Assert.Contains((await shell.RunAsync("groups", "list", "--json")).With(0).Json.AsArray(), g => (string)g!["groupId"]! == group);
        Assert.Contains("0 would gain permissions.", (await shell.RunAsync("groups", "preview", group, "--role", "LearningUser")).With(0).Out);
        Assert.Equal(0, (int)(await shell.RunAsync("groups", "preview", group, "--json")).With(0).Json["loses"]!["count"]!);

        (await shell.RunAsync("groups", "set", group, "-r", "SupportUser", "LearningUser")).With(0);
        Assert.Contains("has LearningUser.", (await shell.RunAsync("groups", "remove", group, "--role", "SupportUser")).With(0).Out);
        Assert.Contains("has no role here", (await shell.RunAsync("groups", "remove", group)).With(0).Out);
        Assert.DoesNotContain(group, (await shell.RunAsync("groups", "list")).With(0).Out);
        (await shell.RunAsync("groups", "remove", group)).With(0);
        Assert.Contains("There are: ", (await shell.RunAsync("groups", "set", group, "--role", "King")).With(2).Error);
        Assert.Contains("A contract role comes only from the agreement", (await shell.RunAsync("groups", "set", group, "--role", "CustomerSupportManager")).With(1).Error);
        Assert.Contains("object id", (await shell.RunAsync("groups", "add", "Nowhere", "--role", "User")).With(2).Error);
    }

    [Fact]
    public async Task A_refusal_says_what_is_missing()
    {
        using var adele = await service.SignedInAsync("adele");
        (await adele.RunAsync("groups", "set", CliService.SupportGroup, "--role", "SupportUser")).With(0);
        using var grady = await service.SignedInAsync("grady");
        Assert.Contains("ManageEntraGroups", (await grady.RunAsync("groups", "set", $"{Guid.NewGuid()}", "--role", "User")).With(1).Error);

        using var nestor = await service.SignedInAsync("nestor", isUsing: false);
        Assert.Contains("You have no workspace yet", (await nestor.RunAsync("workspaces")).With(0).Error);
        Assert.Contains("no workspace", (await nestor.RunAsync("users", "--workspace", service.Workspace)).With(2).Error);
        Assert.Contains("ENGAGE_CLIENT_ID", (await adele.RunAsync("agreements", "apply", CliService.Sample("contoso-agreements.json"))).With(1).Error);
    }

    [Fact]
    public async Task Cases_come_back_as_csv_and_insights()
    {
        using var shell = await service.SignedInAsync("adele");
        (await shell.RunAsync("use", "Contoso Retail")).With(0);
        var workspace = (string)(await shell.RunAsync("whoami", "--json")).Json["workspaceId"]!;
        var file = shell.File("cases.csv");
        await File.WriteAllTextAsync(file, "caseId,revision,lastUpdatedAt,createdAt,title,status,severity,product,slaMet\nA-1,1,2026-07-02T12:00:00Z,2026-07-01T08:00:00Z,\"Quoted, \"\"twice\"\"\",New,1,Azure,true\nA-2,1,2026-08-02T12:00:00Z,2026-08-01T08:00:00Z,'=1+1,New,B,Azure,\n");
        Assert.StartsWith("2 applied, 0 ignored", (await service.Automation.RunAsync("cases", "import", file, "-w", workspace)).With(0).Out);

        var csv = (await shell.RunAsync("export", "cases")).With(0).Out;
        Assert.Contains("\"Quoted, \"\"twice\"\"\"", csv);
        var saved = shell.File("out.csv");
        (await shell.RunAsync("export", "cases", "--out", saved)).With(0);
        Assert.Equal(csv, await File.ReadAllTextAsync(saved));

        // What was exported can be imported, and is what was there.
        Assert.StartsWith("0 applied, 2 ignored", (await service.Automation.RunAsync("cases", "import", saved, "-w", workspace)).With(0).Out);

        var people = (await shell.RunAsync("insights", "--from", "2026-06-01", "--to", "2026-09-01")).With(0).Out;
        Assert.Contains("2 opened, 0 closed, 2 open; SLA met 100.0%", people);
        Assert.Contains("Opened ▁██", people);
        Assert.Matches("2026-07 +1 +0 +1", people);
        var json = (await shell.RunAsync("insights", "--from", "2026-06-01", "--to", "2026-09-01T00:00:00Z", "--json")).With(0).Json;
        Assert.Equal(2, (int)json["totals"]!["opened"]!);
        Assert.Contains("--from must be a day", (await shell.RunAsync("insights", "--from", "yesterday")).With(2).Error);
        Assert.Contains("before", (await shell.RunAsync("insights", "--from", "2026-09-01", "--to", "2026-06-01")).With(2).Error);
    }

    [Fact]
    public async Task The_audit_trail_is_shown_followed_and_exported()
    {
        using var shell = await service.SignedInAsync("adele");
        (await shell.RunAsync("use", "Contoso Data Platform")).With(0);
        var group = $"{Guid.NewGuid()}";
        (await shell.RunAsync("groups", "set", group, "--role", "User")).With(0);
        var tail = (await shell.RunAsync("audit", "tail", "--no-follow", "-n", "1")).With(0).Out;
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\dZ  Adele Vance  GroupGranted  \S+  \+roles: User\s*$", tail);
        Assert.Equal("GroupGranted", (string)(await shell.RunAsync("audit", "tail", "--no-follow", "-n", "1", "--json")).With(0).Json["action"]!);

        var said = new SaidSoFar();
        using var interrupt = new CancellationTokenSource();
        var following = shell.RunAsync(said, interrupt.Token, "audit", "tail", "-n", "0");
        (await shell.RunAsync("groups", "remove", group)).With(0);
        await Until.True(() => Task.FromResult(following.IsCompleted || said.Written.Contains("GroupRevoked", StringComparison.Ordinal)), TimeSpan.FromSeconds(30), "the event comes");
        Assert.Contains("GroupRevoked", said.Written);
        await interrupt.CancelAsync();
        (await following).With(130);

        var lines = (await shell.RunAsync("audit", "export")).With(0).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => $"{n}"), lines.Select(l => (string)l["eventId"]!));
    }

    [Fact]
    public async Task Export_of_the_audit_trail_is_verified_and_compared_with_an_earlier_one()
    {
        using var shell = await service.SignedInAsync("adele");
        (await shell.RunAsync("use", "Contoso Data Platform")).With(0);
        var (old, changed) = (shell.File("old.ndjson"), shell.File("changed.ndjson"));
        (await shell.RunAsync("audit", "export", "--out", old)).With(0);
        var head = (string)(await shell.RunAsync("audit", "verify", "--file", old, "--json")).With(0).Json["head"]!;
        (await shell.RunAsync("groups", "set", $"{Guid.NewGuid()}", "--role", "User")).With(0);

        Assert.Contains("continue the earlier ones unchanged", (await shell.RunAsync("audit", "verify", "--head", head)).With(0).Out);
        Assert.Contains("continue the earlier ones unchanged", (await shell.RunAsync("audit", "verify", "--from", old)).With(0).Out);
        Assert.Contains("Keep the head elsewhere", (await shell.RunAsync("audit", "verify")).With(0).Error);

        await File.WriteAllTextAsync(changed, (await File.ReadAllTextAsync(old)).Replace("WorkspaceCreated", "WorkspaceRenamed", StringComparison.Ordinal));
        Assert.Contains("Event 1 is not the one", (await shell.RunAsync("audit", "verify", "--file", changed, "--from", old)).With(1).Error);
        Assert.Contains("or an earlier one was changed", (await shell.RunAsync("audit", "verify", "--file", changed, "--head", head)).With(1).Error);
        (await shell.RunAsync("audit", "verify", "--file", old, "--head", "7")).With(2);
        (await shell.RunAsync("audit", "verify", "--file", shell.File("none"))).With(2);
    }

    [Fact]
    public async Task Agreements_are_applied_after_their_difference_was_shown()
    {
        using var shell = service.NewApplication();
        var file = shell.File("agreement.json");
        var agreement = JsonNode.Parse(await File.ReadAllTextAsync(CliService.Sample("contoso-agreements.json")))![0]!.DeepClone().AsObject();
        agreement["agreementId"] = "of-the-test";
        agreement["agreement"]!["organization"]!["name"] = "Applied";
        await SaveAsync();
        Assert.Contains("of-the-test (new)", (await Unanswered()).Out);
        Assert.Contains("of-the-test (new)", (await Unanswered()).Out);

        shell.IsTerminal = true;
        shell.Input = "n\n";
        Assert.Contains("Nothing was changed", (await shell.RunAsync("agreements", "apply", file)).With(1).Error);
        shell.Input = "y\n";
        Assert.Contains("of-the-test: Active, Applied (", (await shell.RunAsync("agreements", "apply", file)).With(0).Error);
        shell.IsTerminal = false;
        Assert.Contains("Nothing differs", (await shell.RunAsync("agreements", "apply", file)).With(0).Error);

        agreement["agreement"]!["name"] = "Renamed";
        agreement["agreement"]!["contacts"]!.AsArray().RemoveAt(2);
        agreement["agreement"]!["packages"]![0]!["hoursPurchased"] = 500;
        await SaveAsync();
        var changed = await Unanswered();
        Assert.Contains("~ name: Contoso Enterprise Support → Renamed", changed.Out);
        Assert.Contains("~ packages[contoso-unified].hoursPurchased: 400 → 500", changed.Out);
        Assert.Contains("- contacts[incidentmanager", changed.Out);
        Assert.DoesNotContain("contoso-security", changed.Out);
        var json = (await shell.RunAsync("agreements", "apply", file, "--yes", "--json")).With(0).Json;
        Assert.Contains(json[0]!["changes"]!.AsArray(), c => (string)c!["path"]! == "name" && (string)c["after"]! == "Renamed");
        Assert.Contains("Nothing differs", (await shell.RunAsync("agreements", "apply", file)).With(0).Error);

        agreement["agreement"]!["nonsense"] = 1;
        await SaveAsync();
        Assert.Contains("no field 'nonsense'", (await shell.RunAsync("agreements", "apply", file, "--yes")).With(2).Error);
        await File.WriteAllTextAsync(file, "{");
        Assert.Contains("not JSON", (await shell.RunAsync("agreements", "apply", file)).With(2).Error);
        await File.WriteAllTextAsync(file, "[1]");
        Assert.Contains("agreementId", (await shell.RunAsync("agreements", "apply", file)).With(2).Error);
        Assert.Contains("no file", (await shell.RunAsync("agreements", "apply", shell.File("none.json"))).With(2).Error);

        Task SaveAsync() => File.WriteAllTextAsync(file, agreement.ToJsonString());
        async Task<Said> Unanswered() => (await shell.RunAsync("agreements", "apply", file)).With(2);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_another_exit_code()
    {
        using var shell = await service.SignedInAsync("adele");
        shell.Variables["ENGAGE_SERVER"] = $"http://127.0.0.1:{FreePort.Next()}";
        Assert.Contains("could not be reached", (await shell.RunAsync("workspaces")).With(4).Error);
    }

    [Fact]
    public async Task Busy_service_is_asked_again_and_then_named()
    {
        using var shell = await service.SignedInAsync("adele");
        var asked = 0;
        shell.Connection = () => new Answered(() =>
        {
            asked++;
            return new(System.Net.HttpStatusCode.ServiceUnavailable) { Headers = { { "Retry-After", "0" } } };
        });
        Assert.Contains("too busy", (await shell.RunAsync("workspaces")).With(4).Error);
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task Export_that_is_cut_leaves_no_file()
    {
        using var shell = await service.SignedInAsync("adele");
        shell.Connection = () => new Answered(() => Cut.Answer("application/x-ndjson"));
        Assert.Contains("was cut", (await shell.RunAsync("audit", "export", "--out", shell.File("audit.ndjson"))).With(4).Error);
        Assert.Empty(Directory.GetFiles(shell.Home, "audit.ndjson*"));
    }

    [Fact]
    public async Task Following_the_audit_trail_outlasts_an_answer_of_something_in_between()
    {
        using var shell = await service.SignedInAsync("adele");
        (shell.Connection, shell.Time) = (() => new GatewayThatFailsOnce(), new Impatient());
        var said = new SaidSoFar();
        using var interrupt = new CancellationTokenSource();
        var following = shell.RunAsync(said, interrupt.Token, "audit", "tail", "-n", "0");
        await Until.True(() => Task.FromResult(following.IsCompleted || said.Complained.Contains("connecting again", StringComparison.Ordinal)), TimeSpan.FromSeconds(30), "it says that it connects again");
        var group = $"{Guid.NewGuid()}";
        using var other = await service.SignedInAsync("adele");
        (await other.RunAsync("groups", "set", group, "--role", "User")).With(0);
        await Until.True(() => Task.FromResult(following.IsCompleted || said.Written.Contains(group, StringComparison.Ordinal)), TimeSpan.FromSeconds(30), "the event comes");
        await interrupt.CancelAsync();
        (await following).With(130);
    }

    [Fact]
    public async Task Folder_that_cannot_be_made_is_named_with_its_variable()
    {
        using var shell = service.NewShell();
        await File.WriteAllTextAsync(shell.File("engage"), "a file, where the folder would be");
        Assert.Contains("ENGAGE_HOME", (await service.SignInAsync(shell, "adele")).With(2).Error);
    }

    [Fact]
    public async Task Pipe_that_nobody_reads_ends_the_command()
    {
        using var shell = service.NewShell();
        await File.WriteAllTextAsync(shell.File("closed.sh"), $"""
            exec 3> >(:)
            wait $!
            '{Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"}' '{Path.Combine(AppContext.BaseDirectory, "EngageCenter.Cli.dll")}' completion bash >&3
            echo "ended with $?"
            """);
        await using var bash = ProgramProcess.Of("bash", shell.Home, shell.File("closed.sh"));
        Assert.True(await bash.Ended() == 0, $"{bash}");
        Assert.Equal(("ended with 141", ""), (bash.Output.Trim(), bash.Errors.Trim()));
    }

    [Fact]
    public async Task A_name_cannot_write_to_the_terminal()
    {
        using var shell = await service.SignedInAsync("adele");
        shell.IsTerminal = true;
        (await shell.RunAsync("groups", "set", CliService.SupportGroup, "--role", "SupportUser")).With(0);
        Assert.Equal("a\uFFFD[31mb c\uFFFD", Output.Clean.Line("a\e[31mb\nc\u202E"));
        Assert.Contains("is no permission", (await shell.RunAsync("check", "\e]0;title\a")).With(2).Error.Replace("\e", "!", StringComparison.Ordinal));
        Assert.DoesNotContain('\e', (await shell.RunAsync("check", "\e]0;title\a")).Error);
    }

    /// <summary>The first request for a stream gets a 502 that does not come from the service.</summary>
    private sealed class GatewayThatFailsOnce() : DelegatingHandler(new SocketsHttpHandler())
    {
        private bool hasFailed;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (hasFailed || !request.RequestUri!.AbsolutePath.EndsWith("/stream", StringComparison.Ordinal))
            {
                return base.SendAsync(request, cancellationToken);
            }

            hasFailed = true;
            return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.BadGateway) { RequestMessage = request });
        }
    }

    /// <summary>Answers each request by itself.</summary>
    private sealed class Answered(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var made = answer();
            made.RequestMessage = request;
            return Task.FromResult(made);
        }
    }

    private static IEnumerable<string> Roles(JsonNode group) => group["roles"]!.AsArray().Select(r => (string)r!);
}
