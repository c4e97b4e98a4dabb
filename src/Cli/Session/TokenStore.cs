using System.Security.Cryptography;
using Microsoft.Identity.Client;
using Microsoft.Identity.Client.Extensions.Msal;

namespace EngageCenter.Cli.Session;

/// <summary>
/// Keeps tokens between two commands, never on disk in clear text: in the platform's own store (DPAPI, Keychain, Secret Service),
/// or, where a key is given, in a file that the key encrypts. The key is in the environment of a shell and on no disk.
/// Where there is neither, nothing is kept, and a sign-in says so (decision 45).
/// </summary>
internal static class TokenStore
{
    public const string KeyVariable = "ENGAGE_KEY";
    private const string Name = "tokens.bin";
    private const int KeyLength = 32;

    /// <exception cref="EngageException">There is no place for tokens, or the key is not one.</exception>
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

    // AES-256-GCM: nonce, tag, and what is encrypted. A file that was changed, or is of another key, is refused as a whole.
    private static byte[] Encrypt(byte[] tokens, byte[] key)
    {
        var file = new byte[AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize + tokens.Length];
        var (nonce, tag, content) = Parts(file);
        RandomNumberGenerator.Fill(nonce.Span);
        using var aes = new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
        aes.Encrypt(nonce.Span, tokens, content.Span, tag.Span);
        return file;
    }

    /// <returns>Nothing if there is none, or if this key does not open it. Then the person signs in again.</returns>
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
            // The key is that of another shell.
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
