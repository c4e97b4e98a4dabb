using System.Security.Cryptography;
using EngageCenter.LocalEntra.Tokens;

namespace EngageCenter.LocalEntra.Tests.Tokens;

public sealed class SigningKeyTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("local-entra-");

    private string KeyFile => Path.Combine(folder.FullName, "keys", "key.pem");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Key_survives_a_restart()
    {
        var first = Load();

        Assert.Equal(first.Public.Kid, Load().Public.Kid);
        Assert.Equal(first.Public.N, Load().Public.N);
    }

    [Fact]
    public void Key_file_is_readable_only_by_its_owner_and_leaves_no_other_file()
    {
        Load();

        Assert.Equal([KeyFile], Directory.GetFiles(Path.GetDirectoryName(KeyFile)!));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        }
    }

    [Fact]
    public void Concurrent_starts_agree_on_one_key()
    {
        var keys = new string[8];
        Parallel.For(0, keys.Length, i => keys[i] = Load().Public.Kid);

        Assert.Single(keys.Distinct());
    }

    [Fact]
    public void Without_a_file_every_start_has_a_new_key()
    {
        Assert.NotEqual(SigningKey.Load(new() { KeyFile = "" }).Public.Kid, SigningKey.Load(new() { KeyFile = "" }).Public.Kid);
    }

    [Fact]
    public void Public_key_contains_no_private_part()
    {
        var key = SigningKey.Load(new() { KeyFile = "" }).Public;

        Assert.False(key.HasPrivateKey);
        Assert.Null(key.D);
    }

    [Fact]
    public void File_without_a_key_is_named()
    {
        Assert.Contains(KeyFile, Refusal("no key"));
    }

    [Fact]
    public void Too_short_key_is_refused()
    {
        using var rsa = RSA.Create(1024);

        Assert.Contains("1024 bits", Refusal(rsa.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void Public_key_alone_is_refused()
    {
        using var rsa = RSA.Create(2048);

        Assert.Contains(KeyFile, Refusal(rsa.ExportSubjectPublicKeyInfoPem()));
    }

    private string Refusal(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
        File.WriteAllText(KeyFile, content);
        return Assert.Throws<LocalEntraConfigurationException>(Load).Message;
    }

    private SigningKey Load() => SigningKey.Load(new() { KeyFile = KeyFile });
}
