using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Isolation.Sdk.IO;

// The one way from an id to a name for refs, folders and branches: case-folded, one path segment, a hash when that
// changed anything.
internal static class Slug
{
    // A path segment may have 255 bytes, and suffixes follow.
    public const int MaxLength = 64;

    private const int HashLength = 10;
    private static readonly string[] Reserved =
    [
        "con",
        "prn",
        "aux",
        "nul",
        .. Enumerable.Range(0, 10).SelectMany(n => new[] { $"com{n}", $"lpt{n}" }),
    ];

    public static string Of(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        StringBuilder slug = new(Math.Min(id.Length, MaxLength));
        foreach (char c in id)
        {
            if (slug.Length == MaxLength)
            {
                break;
            }

            bool plain =
                char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c == '.' && slug.Length > 0 && slug[^1] != '.');
            slug.Append(plain ? char.ToLowerInvariant(c) : '-');
        }

        string name = slug.ToString().Trim('-', '.');
        if (name == id && !IsReserved(name) && name.Length > 0)
        {
            return name;
        }

        int room = MaxLength - HashLength - "item--".Length;
        name = (name.Length > room ? name[..room] : name).TrimEnd('-', '.');
        return name.Length == 0 ? $"item-{Hash(id)}"
            : IsDevice(name) ? $"item-{name}-{Hash(id)}"
            : $"{name}-{Hash(id)}";
    }

    private static bool IsReserved(string name) => name.EndsWith(".lock", StringComparison.Ordinal) || IsDevice(name);

    // Windows looks at what is before the first dot: "con.txt" is the console too.
    private static bool IsDevice(string name) => Reserved.Contains(name.Split('.')[0]);

    // Over the characters as they are: an encoding would take all broken surrogates for the same.
    private static string Hash(string id) =>
        Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(id.AsSpan())))[..HashLength];
}
