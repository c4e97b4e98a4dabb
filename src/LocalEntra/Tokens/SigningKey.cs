using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace EngageCenter.LocalEntra.Tokens;

/// <summary>The RSA key that signs the tokens of all tenants.</summary>
internal sealed class SigningKey
{
    /// <summary>The size in bits: the same as Entra's, and the minimum that validation accepts.</summary>
    private const int Size = 2048;

    private SigningKey(RSA rsa)
    {
        // Created from parameters, so that each of the library's pooled signers has an RSA object of its own, because RSA
        // objects are not thread-safe.
        var key = new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true));
        key.KeyId = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        Credentials = new SigningCredentials(key, SecurityAlgorithms.RsaSha256);

        var publicKey = new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: false)) { KeyId = key.KeyId };
        Public = JsonWebKeyConverter.ConvertFromRSASecurityKey(publicKey);
    }

    public SigningCredentials Credentials { get; }

    public JsonWebKey Public { get; }

    /// <exception cref="LocalEntraConfigurationException">The key file cannot be read or created.</exception>
    public static SigningKey Load(LocalEntraOptions options) =>
        string.IsNullOrWhiteSpace(options.KeyFile) ? InMemory() : FromFile(Path.GetFullPath(options.KeyFile));

    private static SigningKey InMemory()
    {
        using var rsa = RSA.Create(Size);
        return new SigningKey(rsa);
    }

    private static SigningKey FromFile(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                PrivateFile.Write(path, NewKey());
            }

            return Read(path);
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            throw LocalEntraOptions.Refusal(nameof(LocalEntraOptions.KeyFile), $"'{path}' contains no usable RSA key of at least {Size} bits: {unusable.Message.TrimEnd('.')}; delete the file, and a new one is created");
        }
    }

    private static SigningKey Read(string path)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(path));
        return rsa.KeySize >= Size ? new SigningKey(rsa) : throw new CryptographicException($"The key has {rsa.KeySize} bits.");
    }

    private static string NewKey()
    {
        using var rsa = RSA.Create(Size);
        return rsa.ExportPkcs8PrivateKeyPem();
    }
}
