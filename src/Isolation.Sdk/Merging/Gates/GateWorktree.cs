using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

/// <summary>One of the queue's own worktrees, in which candidates are tested. It moves from one to the next by what differs, and goes with the queue.</summary>
internal sealed class GateWorktree(QueueContext context, Trash trash, string name)
{
    private const int MaxChangedFiles = 100;

    // A gate may alter the repository's config; none of it may keep a file from being put back.
    private static readonly KeyValuePair<string, string>[] Pinned =
    [
        new("core.sparseCheckout", "false"),
        new("core.splitIndex", "false"),
        new("core.trustctime", "true"),
        new("core.checkStat", "default"),
    ];

    private readonly WorktreeFingerprint _seal = new();
    private string? _gitDirectory;

    public string Folder => Path.Combine(FolderOf(context), name);

    // Not the one beside HEAD: marks in that ("assume unchanged", "skip worktree") would let a file of one candidate stay for the next.
    private string Index => Folder + ".index";

    private GitRepository Repository => context.Repository;

    /// <summary>Where the slots of a queue are.</summary>
    public static string FolderOf(QueueContext context) => Path.Combine(context.Folder.Gates, context.Names.QueueSlug);

    /// <summary>What a slot is called; more than there are places for, when one had to be left to code that would not end.</summary>
    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"slot-{number}");

    /// <summary>Puts exactly a candidate's files there.</summary>
    public async Task<WorkspaceInfo> MoveToAsync(string commit, CancellationToken cancellationToken)
    {
        // Looked at after each gate, and once more for those that were given up.
        if (FindTampering() is not null)
        {
            await RemoveAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_gitDirectory is not null)
        {
            try
            {
                // Cleaned first: a gate may have filled the disk, and git writes a new index before it takes anything away.
                await GitAsync(
                        cancellationToken,
                        ["clean", "-ffdxq", .. context.Policy.Options.CachePaths.SelectMany(k => new[] { "-e", k })]
                    )
                    .ConfigureAwait(false);
                return await FillAsync(commit, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IsolationException or IOException or UnauthorizedAccessException)
            {
                // Whatever stands in git's way in there, a new one has nothing of it.
                await RemoveAsync(cancellationToken).ConfigureAwait(false);
                await trash.EmptyAsync().ConfigureAwait(false);
            }
        }

        _gitDirectory = await MakeAsync(commit, cancellationToken).ConfigureAwait(false);
        return await FillAsync(commit, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts the candidate's tracked files back as they were; what else is there stays.</summary>
    public Task RestoreAsync(string commit, CancellationToken cancellationToken) =>
        GitAsync(cancellationToken, "read-tree", "--reset", "-u", commit);

    /// <summary>The tracked files that are no longer the candidate's.</summary>
    public async Task<IReadOnlyList<string>> FindChangedAsync(string commit, CancellationToken cancellationToken)
    {
        GitResult answer = await GitAsync(
                cancellationToken,
                "diff",
                "--name-only",
                "-z",
                "--no-renames",
                "--no-ext-diff",
                "--no-textconv",
                "--ignore-submodules=all",
                commit,
                "--"
            )
            .ConfigureAwait(false);
        return [.. answer.Fields.Where(f => f.Length > 0).Take(MaxChangedFiles)];
    }

    /// <summary>What of the worktree's own git files is no longer as it was before the gate; <see langword="null"/> when all is.</summary>
    public string? FindTampering() => _gitDirectory is null ? null : _seal.FindBroken(Folder, _gitDirectory);

    /// <summary>Takes it away; the next candidate finds a new one.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        string? entry = _gitDirectory;
        _gitDirectory = null;
        foreach (string file in new[] { Index, Index + ".lock" }.Where(File.Exists))
        {
            File.Delete(file);
        }

        await new WorktreeRemoval(new WorkspaceContext(Repository, context.Folder, context.Time, trash))
            .RemoveAsync(Folder, entry, to: null, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<WorkspaceInfo> FillAsync(string commit, CancellationToken cancellationToken)
    {
        await RestoreAsync(commit, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(_gitDirectory!, "HEAD"), commit + "\n", cancellationToken)
            .ConfigureAwait(false);
        File.Copy(Index, Path.Combine(_gitDirectory!, "index"), overwrite: true);
        _seal.Close(Folder, _gitDirectory!);
        return new WorkspaceInfo(Folder, _gitDirectory!, null, commit);
    }

    private async Task<string> MakeAsync(string commit, CancellationToken cancellationToken)
    {
        // What is there is from a queue that was killed: only the holder of the queue's lock gets here.
        await RemoveAsync(cancellationToken).ConfigureAwait(false);
        using OsFileLock held = await OsFileLock
            .AcquireAsync(Repository.WorktreeLock, context.Time, cancellationToken)
            .ConfigureAwait(false);
        WorkersDirectorySetup.Prepare(context.Folder, Repository);
        Directory.CreateDirectory(Path.GetDirectoryName(Folder)!);
        await Repository
            .RunAsync(
                cancellationToken,
                "worktree",
                "add",
                "--quiet",
                "--detach",
                "--no-checkout",
                "--lock",
                "--reason",
                $"isolation merge queue {context.Names.QueueSlug}",
                "--",
                Folder,
                commit
            )
            .ConfigureAwait(false);
        return WorktreeEntries.Pointer(Folder)
            ?? throw new IsolationException(
                GitCodes.CommandFailed,
                $"'git worktree add' made no worktree in '{Folder}'.",
                "Look there for missing rights."
            );
    }

    private Task<GitResult> GitAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        // Named outright, and not the worktree's own: nothing that a gate could have changed tells git where to look or what to move.
        Dictionary<string, string> environment = new()
        {
            ["GIT_DIR"] = Repository.CommonDirectory,
            ["GIT_WORK_TREE"] = Folder,
            ["GIT_INDEX_FILE"] = Index,
        };
        GitEnvironment.AddConfig(environment, [.. GitLfs.Config(Repository), .. Pinned]);
        return Repository.Client.RunAsync(
            GitCommand.In(Folder, arguments) with
            {
                Environment = environment,
            },
            cancellationToken
        );
    }
}
