using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

internal sealed class GateWorktree(QueueContext context, Trash trash, int number)
{
    private const string Prefix = "slot-";
    private const int MaxChangedFiles = 100;
    private const int MaxMovedRefs = 20;

    // What plain git commands write in passing; nothing of it reaches the next candidate.
    private static readonly string[] Harmless = ["index", "logs", "ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG"];

    // A gate may alter the repository's config; none of it may keep a file from being put back.
    private static readonly KeyValuePair<string, string>[] Pinned =
    [
        new("core.sparseCheckout", "false"),
        new("core.splitIndex", "false"),
        new("core.trustctime", "true"),
        new("core.checkStat", "default"),
    ];

    private Dictionary<string, string?> _gitFiles = [];
    private Dictionary<string, string> _refs = [];
    private IReadOnlyList<FilledSubmodule> _submodules = [];
    private string? _gitDirectory;

    // There are more than may be used at once when one had to be left to code that would not end.
    public int Number => number;

    public string Folder => Path.Combine(FolderOf(context), $"{Prefix}{number}");

    // Marks in the one beside HEAD ("assume unchanged") would let a file of one candidate stay for the next.
    private string Index => Folder + ".index";

    private GitRepository Repository => context.Repository;

    public static string FolderOf(QueueContext context) => Path.Combine(context.Folder.Gates, context.Names.QueueSlug);

    public static IEnumerable<GateWorktree> FindAll(QueueContext context, Trash trash)
    {
        string folder = FolderOf(context);
        IEnumerable<string> left = WorktreeEntries.Below(context.Repository, folder);
        if (Directory.Exists(folder))
        {
            left = left.Concat(Directory.EnumerateFileSystemEntries(folder, Prefix + "*"));
        }

        return left.Select(f => Path.GetFileName(f))
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => n[Prefix.Length..].Split('.')[0])
            .Where(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Distinct()
            .ToArray()
            .Select(n => new GateWorktree(context, trash, int.Parse(n, CultureInfo.InvariantCulture)));
    }

    public async Task<WorkspaceInfo> MoveToAsync(string commit, CancellationToken cancellationToken)
    {
        // What a gate left in a submodule goes with it: each is made anew.
        if (FindTampering() is not null || !SubmoduleCheckout.TryClear(Folder, _gitDirectory, _submodules))
        {
            await RemoveAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_gitDirectory is not null)
        {
            try
            {
                // A gate may have filled the disk, and git writes a new index before it takes anything away.
                await GitAsync(
                        cancellationToken,
                        ["clean", "-ffdxq", .. context.Policy.Options.CachePaths.SelectMany(k => new[] { "-e", k })]
                    )
                    .ConfigureAwait(false);
                return await FillAsync(commit, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IsolationException or IOException or UnauthorizedAccessException)
            {
                await RemoveAsync(cancellationToken).ConfigureAwait(false);
                await trash.EmptyAsync().ConfigureAwait(false);
            }
        }

        _gitDirectory = await MakeAsync(commit, cancellationToken).ConfigureAwait(false);
        return await FillAsync(commit, cancellationToken).ConfigureAwait(false);
    }

    public Task RestoreAsync(string commit, CancellationToken cancellationToken) =>
        GitAsync(cancellationToken, "read-tree", "--reset", "-u", commit);

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

    public string? FindTampering() =>
        _gitDirectory is null ? null : Difference.Keys(_gitFiles, ReadGitFiles()).FirstOrDefault();

    // Not the target, which the queue moves, and no branch that is checked out, which its owner moves.
    public IReadOnlyList<string> FindMovedRefs()
    {
        string[] moved = [.. Difference.Keys(_refs, ReadRefs()).Where(r => r != context.Names.Target)];
        HashSet<string> owned = moved.Length == 0 ? [] : [.. TargetCheckouts.CheckedOutRefs(Repository)];
        return [.. moved.Where(r => !owned.Contains(r)).Take(MaxMovedRefs)];
    }

    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        string? entry = _gitDirectory;
        (_gitDirectory, _submodules) = (null, []);
        foreach (string file in new[] { Index, Index + ".lock" }.Where(File.Exists))
        {
            File.Delete(file);
        }

        await new WorkspaceRemoval(new WorkspaceContext(Repository, context.Folder, context.Time, trash))
            .RemoveWorktreeAsync(Folder, entry, to: null, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<WorkspaceInfo> FillAsync(string commit, CancellationToken cancellationToken)
    {
        await RestoreAsync(commit, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(_gitDirectory!, "HEAD"), commit + "\n", cancellationToken)
            .ConfigureAwait(false);
        File.Copy(Index, Path.Combine(_gitDirectory!, "index"), overwrite: true);
        WorkspaceInfo info = new(Folder, _gitDirectory!, null, commit);
        _submodules = await new SubmoduleCheckout(Repository).FillAsync(info, cancellationToken).ConfigureAwait(false);
        (_gitFiles, _refs) = (ReadGitFiles(), ReadRefs());
        return info;
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
        string entry = WorktreeEntries.Pointer(Folder)
            ?? throw new IsolationException(
                GitCodes.CommandFailed,
                $"'git worktree add' made no worktree in '{Folder}'.",
                "Look there for missing rights."
            );
        WorktreeEntryWriter.WriteSettings(Repository, entry, Folder);
        return entry;
    }

    private Task<GitResult> GitAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        // Nothing that a gate could have changed tells git where to look or what to move.
        Dictionary<string, string> environment = new(GitLfs.Environment(Repository, Pinned))
        {
            ["GIT_DIR"] = Repository.CommonDirectory,
            ["GIT_WORK_TREE"] = Folder,
            ["GIT_INDEX_FILE"] = Index,
        };
        return Repository.Client.RunAsync(
            new GitCommand(Folder, arguments) { Environment = environment, Remote = Repository.IsPartial },
            cancellationToken
        );
    }

    private Dictionary<string, string> ReadRefs()
    {
        Dictionary<string, string> refs = new();
        RefReader.ReadAll(Repository.CommonDirectory, refs, "refs/heads/");
        RefReader.ReadAll(Repository.CommonDirectory, refs, "refs/tags/");
        return refs;
    }

    private Dictionary<string, string?> ReadGitFiles()
    {
        Dictionary<string, string?> found = new() { [".git"] = WorktreeEntries.Pointer(Folder) };
        if (Directory.Exists(_gitDirectory))
        {
            foreach (
                FileSystemInfo entry in new DirectoryInfo(_gitDirectory)
                    .EnumerateFileSystemInfos()
                    .Where(e => !Harmless.Contains(e.Name))
            )
            {
                found[entry.Name] = entry is FileInfo { LinkTarget: null } file
                    ? TextFile.TryRead(file.FullName)
                    : entry.LinkTarget;
            }
        }

        return found;
    }
}
