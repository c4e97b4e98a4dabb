using System.Security.Cryptography;
using System.Text;

namespace EngageCenter.LocalEntra.Tenants;

internal static class Secret
{
    public static bool Same(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));
}
