using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Isolation.Sdk.Platform;

/// <summary>
/// A marker as the limit of file locks, which Linux has not enforced since 2.4: what a process starts inherits it, no scrubbed environment loses it, everybody may read it, and only a capability raises it again.
/// The marker itself is a variable that every process of a scope is started with, and no other.
/// </summary>
/// <param name="Soft">The command's.</param>
/// <param name="Hard">Its scope's, and never less.</param>
/// <param name="OfScope">Whether it stands for all commands of the scope.</param>
internal sealed record ProcessMark(ulong Soft, ulong Hard, bool OfScope)
{
    public const string Variable = "ISOLATION_SCOPE";
    private const ulong Highest = 1UL << 62;

    /// <summary>A scope's marker: 96 random bits.</summary>
    public static string NewMarker() => RandomNumberGenerator.GetHexString(24, lowercase: true);

    /// <summary>The marker of one command in the scope.</summary>
    public static string CommandMarker(string scope, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{scope}.{number}.");

    /// <summary>The same for the same marker in every process, so that a host that starts anew knows what the one before it left.</summary>
    /// <param name="marker">A scope's marker, or one of its commands'.</param>
    public static ProcessMark Of(string marker)
    {
        string scope = marker.Split('.')[0];
        return new ProcessMark(Hash(marker), Highest | Hash(scope), marker.TrimEnd('.') == scope);
    }

    /// <summary>Whether a process was started with it.</summary>
    public bool IsOn(int process) =>
        ProcessTable.FileLocks(process) is { } limits && limits.Hard == Hard && (OfScope || limits.Soft == Soft);

    private static ulong Hash(string text) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))) >> 2;
}
