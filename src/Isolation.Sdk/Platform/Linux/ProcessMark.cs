using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Isolation.Sdk.Platform;

// A marker as the limit of file locks, which Linux has not enforced since 2.4: children inherit it, no scrubbed
// environment loses it, everybody may read it, and only a capability raises it again.
internal sealed record ProcessMark(ulong Soft, ulong Hard, bool OfScope)
{
    public const string Variable = "ISOLATION_SCOPE";
    private const ulong Highest = 1UL << 62;

    public static string NewMarker() => RandomNumberGenerator.GetHexString(24, lowercase: true);

    public static string CommandMarker(string scope, int number) => $"{scope}.{number}.";

    // The same in every process: a host that starts anew knows what the one before it left.
    public static ProcessMark Of(string marker)
    {
        string scope = marker.Split('.')[0];
        return new ProcessMark(Hash(marker), Highest | Hash(scope), marker.TrimEnd('.') == scope);
    }

    public bool IsOn(int process) =>
        ProcessTable.FileLocks(process) is { } limits && limits.Hard == Hard && (OfScope || limits.Soft == Soft);

    private static ulong Hash(string text) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))) >> 2;
}
