using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EngageCenter.Storage;

/// <summary>Lists the grains that have rows in the SQLite file.</summary>
internal sealed class SqliteStoredGrains(SqliteFile file, IOptions<ClusterOptions> cluster) : IStoredGrains
{
    private const int PageSize = 500;

    public async IAsyncEnumerable<string> Keys(string grainType, string stateName, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // SqliteGrainStorage stores keys as 'type/key', so all keys of a type are between 'type/' and the next character
        // after '/'. Of these, keys with the prefix come one after the other.
        var (type, after) = ($"{grainType}/", $"{grainType}/{prefix}");
        for (List<string> page = []; page.Count is 0 or PageSize; after = page[^1])
        {
            page = await Page(stateName, after, $"{grainType}0", cancellationToken);
            foreach (var key in page)
            {
                if (!key.AsSpan(type.Length).StartsWith(prefix, StringComparison.Ordinal))
                {
                    yield break;
                }

                yield return key[type.Length..];
            }

            if (page.Count == 0)
            {
                yield break;
            }
        }
    }

    private async Task<List<string>> Page(string stateName, string after, string end, CancellationToken cancellationToken)
    {
        await using var connection = await file.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SqliteSchema.Keys;
        foreach (var (name, value) in ((string, object)[])[("@ServiceId", cluster.Value.ServiceId), ("@GrainTypeString", stateName), ("@After", after), ("@End", end), ("@Count", PageSize)])
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        var keys = new List<string>(PageSize);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            keys.Add(rows.GetString(0));
        }

        return keys;
    }
}
