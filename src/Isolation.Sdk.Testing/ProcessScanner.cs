using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Testing;

/// <summary>A process that belongs to a folder or carries a marker.</summary>
internal sealed record WatchedProcess(int Id, string Started, string CommandLine)
{
    /// <summary>The TCP ports it listens on; not part of what makes two of them the same.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"pid {Id} (start {Started}): {CommandLine}");
}

/// <summary>Reads the kernel's list of processes.</summary>
internal static class ProcessScanner
{
    public static bool CanRead => OperatingSystem.IsLinux();

    public static IEnumerable<WatchedProcess> Find(IReadOnlyList<string> folders, string? marker)
    {
        if (!CanRead)
        {
            yield break;
        }

        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && id != Environment.ProcessId
                && Read(entry, id, folders, marker) is { } found
            )
            {
                yield return found;
            }
        }
    }

    private static WatchedProcess? Read(string entry, int id, IReadOnlyList<string> folders, string? marker)
    {
        try
        {
            string[] arguments = Fields(Path.Combine(entry, "cmdline"));
            string? directory = new FileInfo(Path.Combine(entry, "cwd")).LinkTarget;
            bool ours =
                folders.Any(f => IsUnder(directory, f) || arguments.Any(a => a.Contains(f, StringComparison.Ordinal)))
                || (
                    marker is not null
                    && Fields(Path.Combine(entry, "environ"))
                        .Any(v => v == marker || v.StartsWith(marker + "=", StringComparison.Ordinal))
                );

            // A process without arguments has ended already and waits for its parent to notice.
            return ours && arguments.Length > 0
                ? new WatchedProcess(id, Started(entry), string.Join(' ', arguments)) { Ports = ListeningPorts(entry) }
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is another user's.
            return null;
        }
    }

    private static bool IsUnder(string? path, string folder) =>
        path is not null
        && (
            path == folder || path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + "/", StringComparison.Ordinal)
        );

    private static string[] Fields(string file) =>
        Encoding.UTF8.GetString(File.ReadAllBytes(file)).Split('\0', StringSplitOptions.RemoveEmptyEntries);

    // Field 22 of stat; the second field is a name in brackets that may hold anything.
    private static string Started(string entry) =>
        File.ReadAllText(Path.Combine(entry, "stat")).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[
            19
        ];

    private static int[] ListeningPorts(string entry)
    {
        HashSet<string> sockets =
        [
            .. Directory
                .EnumerateFileSystemEntries(Path.Combine(entry, "fd"))
                .Select(f => new FileInfo(f).LinkTarget ?? "")
                .Where(t => t.StartsWith("socket:[", StringComparison.Ordinal))
                .Select(t => t["socket:[".Length..^1]),
        ];
        if (sockets.Count == 0)
        {
            return [];
        }

        const string Listening = "0A";
        return
        [
            .. new[] { "tcp", "tcp6" }
                .Select(n => Path.Combine(entry, "net", n))
                .Where(File.Exists)
                .SelectMany(File.ReadLines)
                .Skip(1)
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(f => f.Length > 9 && f[3] == Listening && sockets.Contains(f[9]))
                .Select(f => int.Parse(f[1].Split(':')[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                .Distinct(),
        ];
    }
}
