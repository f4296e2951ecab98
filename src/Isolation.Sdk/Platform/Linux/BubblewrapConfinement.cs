using System.Runtime.InteropServices;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Platform;

// Namespaces of its own, made by bwrap: what a worker may not touch is not there.
internal sealed class BubblewrapConfinement(TimeProvider time, ConfinementParts parts = ConfinementParts.All)
    : IProcessConfinement
{
    private static readonly string[] Places = ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"];
    private readonly Lazy<Task<IReadOnlyList<IsolationFault>>> _problems = new(() =>
        new BubblewrapSelfTest(parts, time).RunAsync()
    );

    // Never one from PATH, which may hold anybody's.
    public static string? Program => Places.FirstOrDefault(File.Exists);

    public bool EndsWholeTree => parts.HasFlag(ConfinementParts.Namespaces);

    public bool KeepsMarks => parts.HasFlag(ConfinementParts.Seccomp);

    public IsolationGuarantees Adds(NetworkAccess network) =>
        IsolationGuarantees.Confinement | IsolationGuarantees.Network;

    public async Task<IReadOnlyList<IsolationFault>> FindProblemsAsync(
        NetworkAccess network,
        CancellationToken cancellationToken
    ) =>
        network.IsNone
            ? await _problems.Value.WaitAsync(cancellationToken).ConfigureAwait(false)
            :
            [
                new IsolationFault(
                    SandboxCodes.NoNetwork,
                    "AllowNetwork or AllowedPorts is set, and a sealed worker has no network but its own loopback.",
                    "Leave them out, or use the restricted sandbox."
                ),
            ];

    public IScopeConfinement ForScope(AccessScope scope) => new Scope(scope, parts);

    private static List<string> Arguments(AccessScope scope, ConfinementParts parts)
    {
        List<string> words = parts.HasFlag(ConfinementParts.Namespaces)
            ? ["--unshare-all", "--hostname", "worker"]
            : ["--unshare-user"];
        if (parts.HasFlag(ConfinementParts.Capabilities))
        {
            // As root it would keep them all, and "mount -o remount,rw" would undo the rest.
            words.AddRange(["--cap-drop", "ALL"]);
        }

        words.AddRange(["--new-session", "--die-with-parent"]);
        words.AddRange(["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]);
        List<string> shown = [];
        foreach (
            string path in AccessScope.System.Concat(scope.Read).Where(Path.Exists).Distinct().OrderBy(p => p.Length)
        )
        {
            if (!shown.Any(folder => FileSearch.Contains(folder, path)))
            {
                // What is a link at the host is a link inside, or /bin and /usr/bin would be two folders.
                string? target = new FileInfo(path).LinkTarget;
                bool inside =
                    target is not null
                    && AccessScope.System.Any(folder =>
                        FileSearch.Contains(folder, Path.GetFullPath(target, Path.GetDirectoryName(path)!))
                    );
                words.AddRange(inside ? ["--symlink", target!, path] : ["--ro-bind", path, path]);
                shown.Add(path);
            }
        }

        foreach (string path in scope.Write)
        {
            words.AddRange(["--bind", path, path]);
        }

        // Last: the folders above those of the worker are made on it.
        words.AddRange(["--remount-ro", "/"]);
        if (parts.HasFlag(ConfinementParts.Seccomp))
        {
            words.AddRange(["--seccomp", "3"]);
        }

        return words;
    }

    private sealed class Scope(AccessScope scope, ConfinementParts parts) : IScopeConfinement
    {
        private readonly List<string> _words = Arguments(scope, parts);
        private readonly byte[]? _filter = parts.HasFlag(ConfinementParts.Seccomp)
            ? MemoryMarshal
                .AsBytes<SeccompInstruction>(SeccompFilter.Build(NetworkAccess.None with { IsOpen = true }))
                .ToArray()
            : null;

        public ProcessSpec Apply(ProcessSpec spec)
        {
            scope.ThrowIfUnreadable(spec.File);
            return spec with
            {
                File = Program!,
                Arguments = [.. _words, "--chdir", spec.Directory, "--", spec.File, .. spec.Arguments],
                Directory = "/",
                Filter = _filter,
                HasKeeper = true,
            };
        }

        public void Dispose() { }
    }
}
