using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

internal sealed record RepositorySnapshot(
    Dictionary<string, string> Values,
    IReadOnlyDictionary<string, string> Transient
);

/// <summary>Reads the repository's files: asking git would cost processes at every scan.</summary>
internal sealed class RepositorySnapshotReader(GitRepository repository, WorkersDirectory workers)
{
    public const string Hooks = "hooks/";

    private const int MaxPerFolder = 1_000;
    private static readonly string[] Files =
    [
        "config",
        "config.worktree",
        "HEAD",
        "shallow",
        "objects/info/alternates",
    ];
    private static readonly string[] Folders =
    [
        "hooks",
        "info",
        "objects",
        "objects/info",
        "refs",
        "worktrees",
        "rr-cache",
    ];

    // What tools look for in every folder above a project, besides the names that have a barrier.
    private static readonly string[] AboveProjects =
    [
        ".git",
        ".npmrc",
        "node_modules",
        "NuGet.Config",
        "NuGet.config",
        "Directory.Solution.props",
        "Directory.Solution.targets",
        "tsconfig.json",
        Path.Combine(".config", "dotnet-tools.json"),
    ];
    private readonly RefSnapshotReader _refs = new(repository.CommonDirectory);
    private readonly WorktreeSnapshotReader _worktrees = new(repository.CommonDirectory);

    public async Task<RepositorySnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, string> facts = new(),
            passing = new();
        string common = repository.CommonDirectory;
        if (Directory.Exists(Path.Combine(common, "reftable")))
        {
            foreach (
                (string name, string id) in await repository
                    .ListRefsAsync("refs/", cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                facts[name] = id;
            }
        }
        else
        {
            _refs.Read(facts, passing);
        }

        foreach (string file in Files)
        {
            Add(facts, file, FileFingerprint.Of(At(file)));
        }

        // A folder that became a link is another folder.
        foreach (string folder in Folders)
        {
            Add(
                facts,
                folder,
                FileFingerprint.Kind(At(folder)) is { } kind
                && (kind != FileFingerprint.Directory || folder == "rr-cache")
                    ? kind
                    : null
            );
        }

        AddTree(facts, "hooks", withMode: true);
        AddTree(facts, "info", withMode: false);
        facts.Remove("info/refs"); // For servers without git; every repack writes it anew.
        AddResolutions(facts);
        AddTopLocks(passing);
        _worktrees.Read(facts, passing);
        foreach (string name in BarrierFiles.Names.Concat(AboveProjects))
        {
            string path = Path.Combine(workers.Root, name);
            Add(facts, path, FileFingerprint.Of(path));
        }

        return new RepositorySnapshot(facts, passing);
    }

    public string? ReadTransient(string passing)
    {
        if (WorktreeSnapshotReader.IsUnfinished(passing))
        {
            return WorktreeSnapshotReader.Unfinished(Path.GetDirectoryName(At(passing))!);
        }

        FileInfo file = new(At(passing));
        return (int)file.Attributes < 0 ? null : FileFingerprint.OfWriteTime(file.LastWriteTimeUtc);
    }

    private string At(string name) => Path.Combine(repository.CommonDirectory, name);

    private static void Add(Dictionary<string, string> facts, string name, string? value)
    {
        if (value is not null)
        {
            facts.TryAdd(name, value);
        }
    }

    private void AddTree(Dictionary<string, string> facts, string folder, bool withMode)
    {
        foreach (GitFolderEntry entry in GitFolderEnumerator.Of(At(folder)).Where(e => !e.IsLock).Take(MaxPerFolder))
        {
            Add(
                facts,
                entry.Path[(repository.CommonDirectory.Length + 1)..].Replace('\\', '/'),
                FileFingerprint.Of(entry.Path, withMode)
            );
        }
    }

    // Resolutions that git would use again in everybody's merges; there may be many, and size and time say enough.
    private void AddResolutions(Dictionary<string, string> facts)
    {
        foreach (
            GitFolderEntry entry in GitFolderEnumerator
                .Of(At("rr-cache"))
                .Where(e => Path.GetFileName(e.Path) == "postimage")
                .Take(MaxPerFolder)
        )
        {
            facts[entry.Path[(repository.CommonDirectory.Length + 1)..].Replace('\\', '/')] =
                $"{entry.Length} bytes, {FileFingerprint.OfWriteTime(entry.Written)}";
        }
    }

    private void AddTopLocks(Dictionary<string, string> passing)
    {
        foreach (
            GitFolderEntry entry in GitFolderEnumerator
                .Of(repository.CommonDirectory, deep: false)
                .Concat(GitFolderEnumerator.Of(At("info"), deep: false))
                .Where(e => e.IsLock)
        )
        {
            passing[entry.Path[(repository.CommonDirectory.Length + 1)..].Replace('\\', '/')] =
                FileFingerprint.OfWriteTime(entry.Written);
        }
    }
}
