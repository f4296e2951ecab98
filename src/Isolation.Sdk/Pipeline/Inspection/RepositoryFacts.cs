using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces.BarrierFiles;

namespace Isolation.Sdk.Pipeline.Inspection;

/// <summary>What no worker owns, at one moment.</summary>
/// <param name="Values">Refs by full name (<c>refs/heads/x</c> to an id), files by path under the git directory (to a hash), files outside of it by full path.</param>
/// <param name="Passing">Locks and unfinished worktree entries: somebody's work of this moment, or what somebody left behind.</param>
internal sealed record RepositoryFacts(Dictionary<string, string> Values, IReadOnlyDictionary<string, string> Passing);

/// <summary>Reads what no worker owns from the repository's files: asking git would cost processes at every look.</summary>
internal sealed class FactReader(GitRepository repository, WorkersFolder workers)
{
    /// <summary>Where the execute bit matters, too.</summary>
    public const string Hooks = "hooks/";

    private const int MostInFolder = 1_000;
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
    private readonly RefFacts _refs = new(repository.CommonDirectory);
    private readonly WorktreeFacts _worktrees = new(repository.CommonDirectory);

    public async Task<RepositoryFacts> ReadAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, string> facts = new(StringComparer.Ordinal),
            passing = new(StringComparer.Ordinal);
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
            Add(facts, file, FileFact.Of(At(file)));
        }

        // A folder that became a link is another folder.
        foreach (string folder in Folders)
        {
            Add(
                facts,
                folder,
                FileFact.Kind(At(folder)) is { } kind && (kind != FileFact.Directory || folder == "rr-cache")
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
        foreach (string name in Barriers.Names.Concat(AboveProjects))
        {
            string path = Path.Combine(workers.Root, name);
            Add(facts, path, FileFact.Of(path));
        }

        return new RepositoryFacts(facts, passing);
    }

    /// <summary>What a lock or an unfinished entry is now; <see langword="null"/> when it is gone or done.</summary>
    public string? Now(string passing)
    {
        if (WorktreeFacts.IsUnfinished(passing))
        {
            return WorktreeFacts.Unfinished(Path.GetDirectoryName(At(passing))!);
        }

        FileInfo file = new(At(passing));
        return (int)file.Attributes < 0 ? null : FileFact.OfMaking(file.LastWriteTimeUtc);
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
        foreach (FolderEntry entry in FolderScan.Of(At(folder)).Where(e => !e.IsLock).Take(MostInFolder))
        {
            Add(
                facts,
                entry.Path[(repository.CommonDirectory.Length + 1)..].Replace('\\', '/'),
                FileFact.Of(entry.Path, withMode)
            );
        }
    }

    // Resolutions that git would use again in everybody's merges; there may be many, and size and time say enough.
    private void AddResolutions(Dictionary<string, string> facts)
    {
        foreach (
            FolderEntry entry in FolderScan
                .Of(At("rr-cache"))
                .Where(e => Path.GetFileName(e.Path) == "postimage")
                .Take(MostInFolder)
        )
        {
            facts[entry.Path[(repository.CommonDirectory.Length + 1)..].Replace('\\', '/')] =
                $"{entry.Length} bytes, {FileFact.OfMaking(entry.Written)}";
        }
    }

    private void AddTopLocks(Dictionary<string, string> passing)
    {
        foreach (
            FolderEntry entry in FolderScan
                .Of(repository.CommonDirectory, deep: false)
                .Concat(FolderScan.Of(At("info"), deep: false))
                .Where(e => e.IsLock)
        )
        {
            passing[entry.Path[(repository.CommonDirectory.Length + 1)..].Replace('\\', '/')] = FileFact.OfMaking(
                entry.Written
            );
        }
    }
}
