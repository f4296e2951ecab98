namespace Isolation.Sdk.Platform;

/// <summary>What the processes of one scope may touch.</summary>
/// <param name="Read">Files and folders they may read and run; symbolic links stand for what they name.</param>
/// <param name="Write">Folders of the worker's own.</param>
/// <param name="Ports">Leased TCP ports.</param>
/// <param name="Network">What else of the network.</param>
internal sealed record AccessScope(
    IReadOnlyList<string> Read,
    IReadOnlyList<string> Write,
    IReadOnlyList<int> Ports,
    NetworkAccess Network
)
{
    /// <summary>What programs are made of, on every machine: nothing in it is a worker's or a user's.</summary>
    public static readonly IReadOnlyList<string> System =
    [
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib32",
        "/lib64",
        "/libx32",
        "/etc",
        "/opt",
        "/nix/store",
        "/sys/devices/system/cpu",
        "/sys/fs/cgroup",
        "/sys/kernel/mm/transparent_hugepage",
    ];

    /// <summary>What may be read beside the system: the folders on PATH, the toolchain's root, the host's packages, borrowed objects, and what the options declare.</summary>
    public static IEnumerable<string> Toolchains(IReadOnlyDictionary<string, string> environment)
    {
        IEnumerable<string> path = (environment.GetValueOrDefault("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified);
        string?[] roots =
        [
            .. new[]
            {
                "DOTNET_ROOT",
                "DOTNET_ROOT_X64",
                "DOTNET_ROOT_ARM64",
                "JAVA_HOME",
                "SSL_CERT_FILE",
                "SSL_CERT_DIR",
            }.Select(environment.GetValueOrDefault),
        ];
        return path.Concat(roots.OfType<string>().Where(Path.IsPathFullyQualified))
            .Select(Path.TrimEndingDirectorySeparator)
            .Where(folder => folder is not "/")
            .Distinct(StringComparer.Ordinal);
    }

    /// <summary>The object stores that a clone of a repository borrows from: its own, and what that one borrows from in turn.</summary>
    public static IEnumerable<string> Objects(string? commonDirectory)
    {
        Queue<string> left = new(commonDirectory is null ? [] : [Path.Combine(commonDirectory, "objects")]);
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (left.TryDequeue(out string? store) && seen.Count < 6)
        {
            string alternates = Path.Combine(store, "info", "alternates");
            if (seen.Add(store) && File.Exists(alternates))
            {
                Array.ForEach([.. File.ReadLines(alternates).Where(line => line.Length > 0 && line[0] != '#')], line =>
                    left.Enqueue(Path.GetFullPath(line, store))
                );
            }
        }

        return seen;
    }

    /// <summary>Whether a program can be started from there.</summary>
    public bool Covers(string path)
    {
        string final = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        return System.Concat(Read).Concat(Write).Any(folder => Contains(folder, final));
    }

    /// <summary>Which folder that every worker may read holds this one; <see langword="null"/> when none does.</summary>
    public static string? Exposing(string folder, IEnumerable<string> read) =>
        System.Concat(read).FirstOrDefault(open => Contains(open, folder));

    public static bool Contains(string folder, string path) =>
        path == folder || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
