using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Isolation.Sdk.IO;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

internal sealed record ProcessEntry(int Id, int Parent, int Session, long Started)
{
    // What never changes: an orphan gets another parent, and anyone may start a session.
    public (int Id, long Started) Identity => (Id, Started);
}

// What vanishes meanwhile is left out.
internal static class ProcessTable
{
    private static ReadOnlySpan<byte> Locks => "Max file locks"u8;

    public static IReadOnlyList<ProcessEntry> Read() =>
        [
            .. Directory
                .EnumerateDirectories("/proc")
                .Select(folder =>
                    int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                        ? Find(id)
                        : null
                )
                .OfType<ProcessEntry>(),
        ];

    public static ProcessEntry? Find(int id, bool evenEnded = false)
    {
        if (ReadText(id, "stat") is not { Length: > 0 } stat)
        {
            return null;
        }

        // The name in parentheses may hold anything: the fields follow the last one.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return !evenEnded && fields[0] is ("Z" or "X" or "x")
            ? null
            : new ProcessEntry(
                id,
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                int.Parse(fields[3], CultureInfo.InvariantCulture),
                long.Parse(fields[19], CultureInfo.InvariantCulture)
            );
    }

    public static bool WasStartedWith(int id, string entry) =>
        ReadText(id, "environ") is { } all
        && (all.StartsWith(entry, StringComparison.Ordinal) || all.Contains('\0' + entry));

    public static (ulong Soft, ulong Hard)? FileLocks(int id)
    {
        try
        {
            // Not for reading alone, or .NET would lock it.
            using SafeFileHandle file = File.OpenHandle(
                $"/proc/{id}/limits",
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite
            );
            Span<byte> all = stackalloc byte[4096];
            ReadOnlySpan<byte> rest = all[..RandomAccess.Read(file, all, 0)];
            int at = rest.IndexOf(Locks);
            rest = at < 0 ? [] : rest[(at + Locks.Length)..].TrimStart((byte)' ');
            return
                Utf8Parser.TryParse(rest, out ulong soft, out int read)
                && Utf8Parser.TryParse(rest[read..].TrimStart((byte)' '), out ulong hard, out _)
                ? (soft, hard)
                : null;
        }
        catch (Exception e) when (DiskErrors.IsRefusal(e))
        {
            return null;
        }
    }

    public static string? ReadText(int id, string name) =>
        DiskErrors.Try(() => Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{id}/{name}")));
}
