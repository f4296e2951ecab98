using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Guard;

internal sealed record RepositorySnapshot
{
    public Dictionary<string, string> Facts { get; } = [];

    public Dictionary<string, string> Passing { get; } = [];
}

/// <summary>Reads the repository's files: asking git would cost processes at every scan.</summary>
internal sealed class RepositorySnapshotReader(
    GitRepository repository,
    WorkersDirectory workers,
    IReadOnlyCollection<string> ignoredRefs
)
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
    private readonly RefSnapshotReader _refs = new(repository.CommonDirectory, ignoredRefs);

    public async Task<RepositorySnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        RepositorySnapshot read = new();
        if (Directory.Exists(At("reftable")))
        {
            Add(
                (await repository.ListRefsAsync(cancellationToken, "refs/").ConfigureAwait(false)).Where(r =>
                    _refs.IsWatched(r.Key)
                )
            );
        }
        else
        {
            _refs.Read(read);
        }

        Add(Files.Select(f => KeyValuePair.Create(f, FileFingerprint.Of(At(f)))));

        // A folder that became a link is another folder.
        Add(
            Folders
                .Select(f => KeyValuePair.Create(f, FileFingerprint.Kind(At(f))))
                .Where(f => f.Value != FileFingerprint.Directory || f.Key == "rr-cache")
        );
        AddBelow("hooks", e => e.IsLock ? null : FileFingerprint.Of(e.Path, withMode: true));
        AddBelow("info", e => e.IsLock ? null : FileFingerprint.Of(e.Path));
        read.Facts.Remove("info/refs"); // For servers without git; every repack writes it anew.

        // Git would use them again in everybody's merges; there may be many, and size and time say enough.
        AddBelow("rr-cache", e =>
            Path.GetFileName(e.Path) == "postimage"
                ? $"{e.Length} bytes, {FileFingerprint.OfWriteTime(e.Written)}"
                : null
        );
        foreach (GitFolderEntry entry in LocksIn("").Concat(LocksIn("info")))
        {
            read.Passing[entry.NameIn(repository.CommonDirectory)] = FileFingerprint.OfWriteTime(entry.Written);
        }

        WorktreeSnapshotReader.Read(repository, read);
        Add(
            BarrierFiles
                .Names.Concat(AboveProjects)
                .Select(n => Path.Combine(workers.Root, n))
                .Select(p => KeyValuePair.Create(p, FileFingerprint.Of(p)))
        );
        return read;

        void Add<T>(IEnumerable<KeyValuePair<string, T>> facts)
            where T : class?
        {
            foreach ((string name, T value) in facts)
            {
                if (value is string fact)
                {
                    read.Facts.TryAdd(name, fact);
                }
            }
        }

        void AddBelow(string folder, Func<GitFolderEntry, string?> fact) =>
            Add(
                GitFolderEnumerator
                    .Of(At(folder))
                    .Select(e => KeyValuePair.Create(e.NameIn(repository.CommonDirectory), fact(e)))
                    .Where(e => e.Value is not null)
                    .Take(MaxPerFolder)
            );
    }

    // What was there at the first scan, or at the last one, needs no second look.
    public async Task AddStaleLocksAsync(
        RepositorySnapshot read,
        Dictionary<string, string>? last,
        CancellationToken cancellationToken
    )
    {
        ILookup<bool, KeyValuePair<string, string>> known = read.Passing.ToLookup(p =>
            last is null || last.GetValueOrDefault(p.Key) == p.Value
        );
        StaleLockDetector detector = new(
            ReadPassing,
            [.. new[] { repository.CommonDirectory, repository.TopLevel, workers.Root }.OfType<string>()]
        );
        IReadOnlyDictionary<string, string> stale = await detector
            .FindAsync(known[false].ToDictionary(), cancellationToken)
            .ConfigureAwait(false);
        foreach ((string name, string made) in known[true].Concat(stale))
        {
            read.Facts[name] = made;
        }
    }

    private string? ReadPassing(string name)
    {
        if (WorktreeSnapshotReader.IsUnfinished(name))
        {
            return WorktreeSnapshotReader.Unfinished(Path.GetDirectoryName(At(name))!);
        }

        FileInfo file = new(At(name));
        return (int)file.Attributes < 0 ? null : FileFingerprint.OfWriteTime(file.LastWriteTimeUtc);
    }

    private string At(string name) => Path.Combine(repository.CommonDirectory, name);

    private IEnumerable<GitFolderEntry> LocksIn(string folder) =>
        GitFolderEnumerator.Of(At(folder), deep: false).Where(e => e.IsLock);
}
