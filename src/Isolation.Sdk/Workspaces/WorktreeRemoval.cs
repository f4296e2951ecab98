using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces;

/// <summary>Takes worktrees away in two phases: directory and registration are renamed out of the way, and deleted behind.</summary>
internal sealed class WorktreeRemoval(GitRepository repository, TimeProvider time, WorkersFolder workers, Trash trash)
{
    /// <summary>Where registrations go: on the file system of the git directory, so that a rename is enough.</summary>
    public string EntryTrash => Path.Combine(repository.IsolationDirectory, "trash");

    /// <summary>Takes away the directory and its registration; git knows nothing of it afterwards.</summary>
    public async Task RemoveAsync(string path, string? gitDirectory, CancellationToken cancellationToken)
    {
        using OsFileLock held = await OsFileLock.AcquireAsync(repository.WorktreeLock, time, cancellationToken).ConfigureAwait(false);

        // Only what is an entry of this repository: the note may be from a worker's altered pointer.
        string entries = Path.Combine(repository.CommonDirectory, "worktrees");
        string? entry = gitDirectory is not null && Path.GetDirectoryName(gitDirectory) == entries && Directory.Exists(gitDirectory) ? gitDirectory : WorktreeEntries.Find(repository, path);
        trash.Discard(path, workers.Trash);
        if (entry is not null)
        {
            trash.Discard(entry, EntryTrash);
        }

        DeleteIfEmpty(entries);
        DeleteIfEmpty(Path.GetDirectoryName(path)!);
    }

    /// <summary>Deletes a branch that is still where it is expected to be; <see langword="null"/> for wherever it is.</summary>
    public Task<bool> DeleteBranchAsync(string branch, string? expected, CancellationToken cancellationToken) =>
        repository.TryUpdateAsync(new RefTransaction().Delete($"refs/heads/{branch}", expected), cancellationToken);

    /// <summary>Undoes a half-made workspace: no branch without worktree, no worktree without lease. Goes on whatever fails, and is not cancelled.</summary>
    public async Task RollBackAsync(AttemptId attempt, string path, string branch, string baseCommit)
    {
        await TryAsync(() => RemoveAsync(path, null, CancellationToken.None)).ConfigureAwait(false);
        await TryAsync(() => DeleteBranchAsync(branch, baseCommit, CancellationToken.None)).ConfigureAwait(false);
        await trash.EmptyAsync().ConfigureAwait(false);
        await TryAsync(async () =>
        {
            using OsFileLock held = await OsFileLock.AcquireAsync(repository.WorktreeLock, time, CancellationToken.None).ConfigureAwait(false);
            DeleteIfEmpty(workers.Of(attempt));
            WorkersRoot.RemoveIfUnused(workers);
        }).ConfigureAwait(false);
    }

    private static async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or IsolationException)
        {
            // The fault that started the roll-back is the one to report; what is left is in the lease, for a sweep.
        }
    }

    private static void DeleteIfEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
    }
}
