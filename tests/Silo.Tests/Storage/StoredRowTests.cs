using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using EngageCenter.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace EngageCenter.Silo.Tests.Storage;

/// <summary>
/// Tests every kind of row through the silo's storage: rows are read as written, and damaged ones are refused.
/// </summary>
public sealed class StoredRowTests(SiloFixture fixture) : IClassFixture<SiloFixture>
{
    public static TheoryData<string> Kinds() => [.. StoredRowKind.All.Select(kind => $"{kind.GrainType} {kind.Name}")];

    public static TheoryData<string, int> KindsOfFormats()
    {
        var data = new TheoryData<string, int>();
        foreach (var kind in StoredRowKind.All)
        {
            foreach (var format in CheckedInRows.Formats)
            {
                data.Add($"{kind.GrainType} {kind.Name}", format);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(KindsOfFormats))]
    public async Task Row_of_every_release_is_read_completely(string name, int format)
    {
        var kind = KindOf(name);
        var row = CheckedInRows.Read(format, kind);
        var id = Put(kind, row);

        await Invoke(nameof(ReadAndWrite), kind, id);

        // Members that a later release added are present as well.
        var written = JsonNode.Parse((byte[])Stored(kind, id)!)!.AsObject();
        Assert.Equal(RowFormat.Newest, (int)written[RowFormat.VersionMember]!);
        if (format < RowFormat.Newest)
        {
            written.Remove(RowFormat.VersionMember);
            foreach (var workspace in kind.Name == "agreement" ? written["Workspaces"]!.AsArray() : [])
            {
                workspace!.AsObject().Remove("IsStored");
            }
        }

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(row), written), $"{row} was written as {written}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Damaged_row_is_refused_and_not_overwritten(string name)
    {
        var kind = KindOf(name);
        var row = CheckedInRows.Read(RowFormat.Newest, kind);
        List<(string What, string Content)> broken =
        [
            ("nothing", ""), ("{}", "{}"), ("null", "null"), ("a list", "[]"), ("no JSON", "garbage"), ("two rows", row + row),
            ("truncated", row[..(row.Length / 2)]), ("one byte short", row.TrimEnd()[..^1]),
            ("a newer format", Changed(row, json => json[RowFormat.VersionMember] = RowFormat.Newest + 1)),
            ("a format that is none", Changed(row, json => json[RowFormat.VersionMember] = "1")),
            ("a format before the first", Changed(row, json => json[RowFormat.VersionMember] = 0)),
            ("a version alone", $$"""{"{{RowFormat.VersionMember}}":1}"""),
            ("one member more", Changed(row, json => json["Added"] = 1)),
            .. Members(row).Select(member => ($"{member} renamed", Changed(row, json => Rename(json, member)))),
            .. Members(CheckedInRows.Read(0, kind)).Select(member => ($"{member} renamed without a version", Changed(CheckedInRows.Read(0, kind), json => Rename(json, member)))),
            .. Members(row).Where(m => (kind.Name, m) != ("user", "Groups")).Select(member => ($"without {member}", Changed(row, json => json.Remove(member)))),
        ];
        foreach (var (what, content) in broken)
        {
            var id = Put(kind, content);

            var refusal = await Assert.ThrowsAsync<StorageUnavailableException>(() => Invoke(nameof(ReadAndWrite), kind, id));
            await Assert.ThrowsAsync<InconsistentStateException>(() => Invoke(nameof(WriteNew), kind, id));

            Assert.True(refusal.Message.Contains("is refused", StringComparison.Ordinal), $"{what}: {refusal}");
            Assert.Equal(content, Encoding.UTF8.GetString((byte[])Stored(kind, id)!));
        }
    }

    [Fact]
    public async Task Later_member_may_be_missing_only_in_a_row_without_a_version()
    {
        (string Kind, Action<JsonObject> Change)[] later =
        [
            ("workspace workspace", row => row.Remove("Tenure")), ("workspace workspace", row => row["Tenure"]!.AsObject().Remove("Wait")),
            ("workspace workspace", row => row.Remove("GroupRenames")), ("workspace workspace", row => row["Contract"]!.AsObject().Remove("Terms")),
            ("agreement agreement", row => row["Workspaces"]![0]!.AsObject().Remove("IsStored")),
            ("assessments assessments", row => row["ByTechnology"]!["SqlServer"]!.AsObject().Remove("FirstRunAfter")),
        ];
        foreach (var (name, change) in later)
        {
            var kind = KindOf(name);
            await Invoke(nameof(ReadAndWrite), kind, Put(kind, Changed(CheckedInRows.Read(0, kind), change)));
            await Assert.ThrowsAsync<StorageUnavailableException>(
                () => Invoke(nameof(ReadAndWrite), kind, Put(kind, Changed(CheckedInRows.Read(1, kind), change))));
        }
    }

    [Fact]
    public async Task Inconsistent_row_is_refused()
    {
        (string Kind, Action<JsonObject> Change)[] contradictions =
        [
            ("workspace workspace", row => row["Contract"] = null), ("workspace workspace", row => row["Epoch"] = 0),
            ("workspace workspace", row => row["Groups"]!.AsArray().Add(row["Groups"]![0]!.DeepClone())),
            ("workspace workspace", row => row["Groups"] = null), ("workspace workspace", row => row["Audit"]!["Last"] = 1_000),
            ("workspace audit", row => row["Events"]!.AsArray().RemoveAt(5)), ("workspace workspace", row => row["Audit"]!["Recent"] = new JsonArray()),
            ("agreement agreement", row => row["Agreement"] = null), ("agreement agreement", row => row["Version"] = 0),
            ("workspace-users people", row => row["c"] = 0), ("support cases", row => row["p"] = row["c"]!.DeepClone()), ("activity activities", row => row["e"] = new JsonArray()), ("learning enrollments-end", row => row["l"] = -1),
        ];
        foreach (var (name, change) in contradictions)
        {
            var kind = KindOf(name);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => Invoke(nameof(ReadAndWrite), kind, Put(kind, Changed(CheckedInRows.Read(1, kind), change))));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Renamed_member_at_any_depth_is_refused(string name)
    {
        var kind = KindOf(name);
        var row = JsonNode.Parse(CheckedInRows.Read(1, kind))!;
        foreach (var (owner, member) in Within(row).ToList())
        {
            var value = owner[member];
            owner.Remove(member);
            owner[member + "2"] = value;
            var content = Encoding.UTF8.GetBytes(row.ToJsonString());

            Assert.Throws<RowRefusedException>(() => RowOf(kind, content));

            owner.Remove(member + "2");
            owner[member] = value;
        }
    }

    [Fact]
    public async Task Refusal_is_logged_and_counted_once_and_names_no_person()
    {
        using var folder = new SqliteFolder();
        using var lines = new Lines();
        await using var silo = TestSilo.Build(folder.File(), services => services.AddLogging(logging => logging.AddProvider(lines)));
        await silo.StartAsync();
        List<string> counted = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "engagecenter.storage.refused_rows" && ReferenceEquals(instrument.Meter.Scope, silo.Services.GetRequiredService<IMeterFactory>()))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counted.Add($"{value} {tags[0].Value}"));
        listener.Start();
        folder.Execute("INSERT INTO OrleansStorage VALUES ('engage-center', 'user', 0, 0, 'user/a/b', CAST('{}' AS BLOB), 1), ('engage-center', 'workspace', 0, 0, 'workspace/w', CAST('{}' AS BLOB), 1)");
        foreach (var (type, key) in ((string, string)[])[("user", "a/b"), ("workspace", "w")])
        {
            var kind = KindOf($"{type} {type}");
            var read = (Task)typeof(StoredRowTests).GetMethod(nameof(Read), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(kind.Type).Invoke(null, [silo.Storage, type, GrainId.Create(type, key)])!;
            await Assert.ThrowsAsync<StorageUnavailableException>(() => read);
        }

        Assert.Collection(
            lines.Of(typeof(RefusedRows)),
            line => Assert.StartsWith("Row user of a person is refused, and is not written over: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("Row workspace of workspace/w is refused, and is not written over: ", line, StringComparison.Ordinal));
        Assert.Equal(["1 user", "1 workspace"], counted);
    }

    private static Task Read<T>(IGrainStorage storage, string name, GrainId id) => storage.ReadStateAsync(name, id, new GrainState<T>());

    // In these, the keys are data.
    private static readonly string[] dictionaries = ["Entries", "Opened", "ByTechnology", "Before", "After"];

    private static IEnumerable<(JsonObject Owner, string Member)> Within(JsonNode? node, bool isDictionary = false) => node switch
    {
        JsonObject o => o.Where(m => m.Key != RowFormat.VersionMember && !isDictionary).Select(m => (o, m.Key))
            .Concat(o.SelectMany(m => Within(m.Value, dictionaries.Contains(m.Key)))),
        JsonArray a => a.SelectMany(item => Within(item)),
        _ => [],
    };

    private static object RowOf(StoredRowKind kind, byte[] content) => RowFormat.Read(kind.Type, content);

    private static StoredRowKind KindOf(string name) => StoredRowKind.All.Single(kind => $"{kind.GrainType} {kind.Name}" == name);

    private static IEnumerable<string> Members(string row) => JsonNode.Parse(row)!.AsObject().Select(m => m.Key).Where(m => m != RowFormat.VersionMember);

    private static void Rename(JsonObject row, string member)
    {
        var value = row[member];
        row.Remove(member);
        row[member + "2"] = value;
    }

    private static string Changed(string row, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(row)!.AsObject();
        change(json);
        return json.ToJsonString();
    }

    private static string NameOf(StoredRowKind kind) => kind.IsNumbered ? $"{kind.Name}-0" : kind.Name;

    private GrainId Put(StoredRowKind kind, string content)
    {
        var id = GrainId.Create(kind.GrainType, Guid.NewGuid().ToString("N"));
        Execute(
            """
            INSERT INTO OrleansStorage (ServiceId, GrainTypeString, GrainIdN0, GrainIdN1, GrainIdExtensionString, PayloadBinary, Version)
            VALUES ('engage-center', $name, 0, 0, $id, $row, 1)
            """,
            kind, id, Encoding.UTF8.GetBytes(content));
        return id;
    }

    private object? Stored(StoredRowKind kind, GrainId id) =>
        Execute("SELECT PayloadBinary FROM OrleansStorage WHERE GrainTypeString = $name AND GrainIdExtensionString = $id AND $row IS NOT 1", kind, id, []);

    private object? Execute(string sql, StoredRowKind kind, GrainId id, byte[] row)
    {
        using var connection = new SqliteConnection($"Data Source={fixture.File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$name", NameOf(kind));
        command.Parameters.AddWithValue("$id", $"{kind.GrainType}/{id.Key}");
        command.Parameters.AddWithValue("$row", row);
        return command.ExecuteScalar();
    }

    private Task Invoke(string operation, StoredRowKind kind, GrainId id) => (Task)GetType()
        .GetMethod(operation, BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(kind.Type).Invoke(this, [NameOf(kind), id])!;

    private async Task ReadAndWrite<T>(string name, GrainId id)
    {
        var state = new GrainState<T>();
        await fixture.Silo.Storage.ReadStateAsync(name, id, state);
        await fixture.Silo.Storage.WriteStateAsync(name, id, state);
    }

    private Task WriteNew<T>(string name, GrainId id)
        where T : new() => fixture.Silo.Storage.WriteStateAsync(name, id, new GrainState<T>(new()));

    /// <summary>Collects what is logged as an error.</summary>
    private sealed class Lines : ILoggerProvider
    {
        private readonly ConcurrentQueue<(string Category, string Text)> lines = new();

        public IEnumerable<string> Of(Type category) => lines.Where(line => line.Category == category.FullName).Select(line => line.Text);

        public ILogger CreateLogger(string categoryName) => new Logger(text => lines.Enqueue((categoryName, text)));

        public void Dispose()
        {
        }

        private sealed class Logger(Action<string> write) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (IsEnabled(logLevel))
                {
                    write(formatter(state, exception));
                }
            }
        }
    }
}
