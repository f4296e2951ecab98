using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

internal sealed record AccessScope(
    IReadOnlyList<string> Read,
    IReadOnlyList<string> Write,
    IReadOnlyList<int> Ports,
    NetworkAccess Network
)
{
    // What programs are made of: nothing in it is a worker's or a user's.
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
    private static readonly string[] Roots =
    [
        "DOTNET_ROOT",
        "DOTNET_ROOT_X64",
        "DOTNET_ROOT_ARM64",
        "JAVA_HOME",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ];

    public static IEnumerable<string> Toolchains(IReadOnlyDictionary<string, string> environment) =>
        environment
            .GetValueOrDefault("PATH", "")
            .Split(Path.PathSeparator)
            .Concat(Roots.Select(root => environment.GetValueOrDefault(root, "")))
            .Where(Path.IsPathFullyQualified)
            .Select(Path.TrimEndingDirectorySeparator)
            .Where(folder => folder is not "/")
            .Distinct();

    // A clone's own store, and what that one borrows from in turn.
    public static IEnumerable<string> Objects(string? commonDirectory)
    {
        Queue<string> left = new(commonDirectory is null ? [] : [Path.Combine(commonDirectory, "objects")]);
        HashSet<string> seen = [];
        while (left.TryDequeue(out string? store) && seen.Count < 6)
        {
            string alternates = Path.Combine(store, "info", "alternates");
            if (seen.Add(store) && File.Exists(alternates))
            {
                foreach (string line in File.ReadLines(alternates).Where(line => line.Length > 0 && line[0] != '#'))
                {
                    left.Enqueue(Path.GetFullPath(line, store));
                }
            }
        }

        return seen;
    }

    // The kernel would give no reason.
    public void ThrowIfUnreadable(string program)
    {
        string final = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        if (!System.Concat(Read).Concat(Write).Any(folder => FileSearch.Contains(folder, final)))
        {
            throw new IsolationException(
                SandboxCodes.CommandNotStarted,
                $"'{program}' lies where this worker may not read.",
                "Install it for the whole machine, or add its folder to ReadablePaths."
            );
        }
    }

    public static void ThrowIfExposed(string folder, IEnumerable<string> read)
    {
        if (System.Concat(read).FirstOrDefault(open => FileSearch.Contains(open, folder)) is { } exposing)
        {
            throw new IsolationException(
                SandboxCodes.WorkersExposed,
                $"Workers would live in '{folder}', and every worker may read '{exposing}'.",
                "Put the workers elsewhere (UseWorkersDirectory), or take that folder out of ReadablePaths and PATH."
            );
        }
    }
}

internal sealed record NetworkAccess(bool IsOpen, IReadOnlyList<int> Ports)
{
    public static readonly NetworkAccess None = new(false, []);

    public bool IsNone => !IsOpen && Ports.Count == 0;
}
