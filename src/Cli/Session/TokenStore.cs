using System.Security.Cryptography;
using Microsoft.Identity.Client;
using Microsoft.Identity.Client.Extensions.Msal;

namespace EngageCenter.Cli.Session;

/// <summary>
/// Keeps tokens between commands: in the platform's protected store (DPAPI, Keychain, Secret Service), or in a file that is encrypted
/// with a key from the environment of the shell. Without either, nothing is kept, and a sign-in says so (decision 45). Tokens are
/// never on disk in clear text.
/// </summary>
internal static class TokenStore
{
    public const string KeyVariable = "ENGAGE_KEY";
    private const string Name = "tokens.bin";
    private const int KeyLength = 32;

    /// <exception cref="EngageException">There is no place for tokens, or the key is invalid.</exception>
    public static async Task AttachAsync(ITokenCache cache, Surroundings around)
    {
        var path = Path.Combine(around.Home, Name);
        if (around.Set(KeyVariable) is { } given)
        {
            var key = KeyOf(given);
            cache.SetBeforeAccess(access => access.TokenCache.DeserializeMsalV3(Decrypt(OwnerFile.Read(path), key), shouldClearExistingCache: true));
            cache.SetAfterAccess(access =>
            {
                if (access.HasStateChanged)
                {
                    OwnerFile.Write(path, Encrypt(access.TokenCache.SerializeMsalV3(), key));
                }
            });
            return;
        }

        OwnerFile.CreateFolder(around.Home);
        try
        {
            var helper = await MsalCacheHelper.CreateAsync(new StorageCreationPropertiesBuilder($"platform-{Name}", around.Home)
                .WithMacKeyChain("engage-center", "tokens")
                .WithLinuxKeyring("engage-center.tokens", MsalCacheHelper.LinuxKeyRingDefaultCollection, "Tokens of engage", new("Version", "1"), new("Product", "engage-center"))
                .Build());
            helper.VerifyPersistence();
            helper.RegisterCache(cache);
        }
        catch (MsalCachePersistenceException none)
        {
            throw EngageException.NoSignIn(
                $"This machine has no protected place for tokens, and they are never stored in clear text. Give a key that this shell alone knows, and sign in again:\n  export {KeyVariable}=$(head -c {KeyLength} /dev/urandom | base64)",
                none);
        }
    }

    /// <summary>Forgets all tokens.</summary>
    public static void Clear(Surroundings around)
    {
        File.Delete(Path.Combine(around.Home, Name));
        File.Delete(Path.Combine(around.Home, $"platform-{Name}"));
    }

    // AES-256-GCM: nonce, tag, encrypted tokens. A file that was changed, or that another key encrypted, is refused.
    private static byte[] Encrypt(byte[] tokens, byte[] key)
    {
        var file = new byte[AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize + tokens.Length];
        var (nonce, tag, content) = Parts(file);
        RandomNumberGenerator.Fill(nonce.Span);
        using var aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
        aes.Encrypt(nonce.Span, tokens, content.Span, tag.Span);
        return file;
    }

    /// <returns>Null if there is no file, or if another key encrypted it. Then the person has to sign in again.</returns>
    private static byte[]? Decrypt(byte[]? file, byte[] key)
    {
        if (file is null || file.Length < AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize)
        {
            return null;
        }

        var (nonce, tag, content) = Parts(file);
        var tokens = new byte[content.Length];
        using var aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
        try
        {
            aes.Decrypt(nonce.Span, content.Span, tag.Span, tokens);
            return tokens;
        }
        catch (AuthenticationTagMismatchException)
        {
            // Another shell's key encrypted the file.
            return null;
        }
    }

    private static (Memory<byte> Nonce, Memory<byte> Tag, Memory<byte> Content) Parts(byte[] file) =>
        (file.AsMemory(0, AesGcm.NonceByteSizes.MaxSize),
        file.AsMemory(AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize),
        file.AsMemory(AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize));

    private static byte[] KeyOf(string given)
    {
        var key = new byte[KeyLength];
        return Convert.TryFromBase64String(given, key, out var length) && length == KeyLength
            ? key
            : throw EngageException.Wrong($"{KeyVariable} must be {KeyLength} random bytes in base64. Make one:\n  export {KeyVariable}=$(head -c {KeyLength} /dev/urandom | base64)");
    }
}
