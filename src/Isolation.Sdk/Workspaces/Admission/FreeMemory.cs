using System.Globalization;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// Of the machine, and under the limits of this process's control groups.
internal static class FreeMemory
{
    public static long? Now(string root = "/")
    {
        long?[] bounds = [Available(Path.Combine(root, "proc/meminfo")), .. Groups(root)];
        return bounds.Min();
    }

    private static long? Available(string file) =>
        Lines(file)
            .Where(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal))
            .Select(l => Number(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024)
            .FirstOrDefault();

    // Every group above limits it, too. In a container the mount may begin at the own group: then its top is looked at.
    private static IEnumerable<long?> Groups(string root)
    {
        foreach (string line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            if (line.Split(':', 3) is not [_, string controllers, string place])
            {
                continue;
            }

            (string mount, string limit, string used, string given) =
                controllers.Length == 0
                    ? ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file ")
                    : (
                        "sys/fs/cgroup/memory",
                        "memory.limit_in_bytes",
                        "memory.usage_in_bytes",
                        "total_inactive_file "
                    );
            if (controllers.Length == 0 || controllers.Split(',').Contains("memory"))
            {
                foreach (string folder in Upwards(Path.Combine(root, mount), place))
                {
                    yield return Left(folder, limit, used, given);
                }
            }
        }
    }

    private static IEnumerable<string> Upwards(string mount, string place)
    {
        for (string? at = place.Trim('/'); !string.IsNullOrEmpty(at); at = Path.GetDirectoryName(at))
        {
            yield return Path.Combine(mount, at);
        }

        yield return mount;
    }

    // What a group holds of files is given back before its limit hurts.
    private static long? Left(string folder, string limit, string used, string given)
    {
        long? most = First(Path.Combine(folder, limit)),
            now = First(Path.Combine(folder, used));
        long back = Lines(Path.Combine(folder, "memory.stat"))
            .Where(l => l.StartsWith(given, StringComparison.Ordinal))
            .Select(l => Number(l[given.Length..]))
            .FirstOrDefault()
            ?? 0;
        return Math.Max(0, (most - now + back) ?? long.MaxValue) is var left and < long.MaxValue ? left : null;
    }

    private static long? First(string file) => Number(Lines(file).FirstOrDefault());

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string[] Lines(string file) =>
        File.Exists(file) ? DiskErrors.Try(() => File.ReadAllLines(file)) ?? [] : [];
}
