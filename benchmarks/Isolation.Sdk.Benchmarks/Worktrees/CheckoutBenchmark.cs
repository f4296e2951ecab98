using System.Globalization;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Benchmarks.WorkTrees;

/// <summary>A repository on the disk that is measured, and both hands that make work trees of it: git's and the
/// library's.</summary>
internal sealed class CheckoutBenchmark
{
    private readonly LeaseStore _leases;
    private int _number;

    private CheckoutBenchmark(string folder, string[] commits)
    {
        (Folder, Commits) = (folder, commits);
        _leases = new LeaseStore(Path.Combine(Repository, ".git"), new RepositoryRef(Repository), TimeProvider.System);
    }

    public string Folder { get; }

    public string Repository => Path.Combine(Folder, "repo");

    /// <summary>The first, and those that move on by 20 files each.</summary>
    public string[] Commits { get; }

    public int Files { get; private set; }

    public long Bytes { get; private set; }

    public static async Task<CheckoutBenchmark> CreateAsync(string folder, int files, string? source, int commits)
    {
        string repository = Path.Combine(folder, "repo");
        await (
            source is null
                ? GeneratedRepository.MakeAsync(repository, files, commits)
                : GeneratedRepository.TakeAsync(repository, source, commits)
        );
        string[] chain = (await Command.GitAsync(repository, "rev-list", "--reverse", "main~0..moved")).Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );
        string[] names = (await Command.GitAsync(repository, "ls-files", "-s")).Split('\n');
        long bytes = new DirectoryInfo(repository)
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(f => !f.FullName.StartsWith(repository + "/.git/", StringComparison.Ordinal))
            .Sum(f => f.Length);
        return new CheckoutBenchmark(folder, [await Command.GitAsync(repository, "rev-parse", "main"), .. chain])
        {
            Files = names.Length,
            Bytes = bytes,
        };
    }

    /// <summary>A provider that knows nothing yet, as of a host that was just started.</summary>
    public static GitWorktreeProvider Provider(CheckoutMethod filling = CheckoutMethod.Auto, int poolSize = 0) =>
        new(new WorkspaceOptions { CheckoutMethod = filling, PoolSize = poolSize }, TimeProvider.System);

    /// <summary>An attempt as a pipeline issues it, for a workspace at a commit.</summary>
    public async Task<WorkspaceRequest> RequestAsync(string commit)
    {
        AttemptId attempt = new(string.Create(CultureInfo.InvariantCulture, $"item-{_number++}"), 1);
        await Command.GitAsync(Repository, "update-ref", AttemptNames.RefName(attempt), commit);
        return new WorkspaceRequest(_leases.Create(attempt), new RepositoryRef(Repository), commit);
    }

    /// <summary>The attempt is over; its workspace may be left.</summary>
    public async Task EndAsync(WorkspaceRequest request)
    {
        ((AttemptLease)request.Lease).Complete();
        ((AttemptLease)request.Lease).Dispose();
        await Command.GitAsync(Repository, "update-ref", "-d", AttemptNames.RefName(request.Lease.Attempt));
    }

    /// <summary>The work tree of git's own hand, by number.</summary>
    public string Added(int number) =>
        Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"added-{number}"));

    public Task AddAsync(int number, string commit) =>
        Command.GitAsync(Repository, "worktree", "add", "-q", "-b", $"added-{number}", Added(number), commit);

    public async Task RemoveAsync(int number)
    {
        await Command.GitAsync(Repository, "worktree", "remove", "--force", Added(number));
        await Command.GitAsync(Repository, "branch", "-q", "-D", $"added-{number}");
    }

    /// <summary>Sets aside what the library knows of this repository, as if it had never run here.</summary>
    public void Forget()
    {
        if (Directory.Exists(Repository + ".workers"))
        {
            Directory.Move(
                Repository + ".workers",
                Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"forgotten-{_number++}"))
            );
        }
    }

    /// <summary>Makes room: everything but the repository goes.</summary>
    public async Task ClearAsync()
    {
        foreach (string left in Directory.GetDirectories(Folder).Where(d => d != Repository))
        {
            SafeDelete.DeleteTree(left); // A pristine subvolume is read-only, and 'rm' stops at it.
        }

        Scratch.Clear(Path.Combine(Repository, ".git", "worktrees"));
        string[] branches = (
            await Command.GitAsync(
                Repository,
                "for-each-ref",
                "--format=%(refname)",
                "refs/heads/added-*",
                "refs/heads/isolation",
                "refs/isolation"
            )
        ).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string branch in branches)
        {
            await Command.GitAsync(Repository, "update-ref", "-d", branch);
        }
    }

    /// <summary>Writes everything to the disk. Each side begins so: the library's notes are flushed, and would pay for
    /// what git wrote before and left.</summary>
    public Task FlushAsync() => Command.RunAsync(Folder, "sync", "-f", Folder);

    /// <summary>What is free on this disk once everything is written.</summary>
    public async Task<long> FreeAsync()
    {
        await FlushAsync();
        return new DriveInfo(Folder).AvailableFreeSpace;
    }

    /// <summary>What a worker leaves: a part of the files changed, others that git ignores beside them.</summary>
    public static void Dirty(string tree, string[] changed, int ignored)
    {
        foreach (string file in changed)
        {
            File.AppendAllText(Path.Combine(tree, file), "dirty\n");
        }

        for (int i = 0; i < ignored; i++)
        {
            string folder = Path.Combine(tree, "bin", string.Create(CultureInfo.InvariantCulture, $"{i / 50}"));
            Directory.CreateDirectory(folder);
            File.WriteAllText(
                Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"made-{i}.o")),
                new string('x', 4096)
            );
        }
    }

    /// <summary>Every hundredth file.</summary>
    public async Task<string[]> HundredthAsync() =>
        [
            .. (await Command.GitAsync(Repository, "ls-files", "-s"))
                .Split('\n')
                .Where(l => l.StartsWith("100644", StringComparison.Ordinal))
                .Select(l => l.Split('\t')[1])
                .Where((_, i) => i % 100 == 50),
        ];
}
