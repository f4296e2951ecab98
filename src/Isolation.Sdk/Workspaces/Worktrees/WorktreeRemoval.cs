using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>Takes linked worktrees away, with their registration; git knows nothing of them afterwards.</summary>
internal sealed class WorktreeRemoval(WorkspaceContext context) : WorkspaceRemoval(context)
{
    /// <summary>Where registrations go: on the file system of the git directory, so that a rename is enough.</summary>
    public string EntryTrash => Path.Combine(Repository.IsolationDirectory, "trash");

    /// <summary>Takes away the directory and its registration.</summary>
    /// <param name="path">The work tree.</param>
    /// <param name="gitDirectory">Its entry, as far as it is known.</param>
    /// <param name="to">Where the work tree goes; <see langword="null"/>: into the trash.</param>
    /// <param name="cancellationToken">Ends the wait for the lock.</param>
    public async Task RemoveAsync(string path, string? gitDirectory, string? to, CancellationToken cancellationToken)
    {
        using OsFileLock held = await LockAsync(cancellationToken).ConfigureAwait(false);

        // Only what is an entry of this repository: the note may be from a worker's altered pointer.
        string entries = Path.Combine(Repository.CommonDirectory, "worktrees");
        string? entry =
            gitDirectory is not null && Path.GetDirectoryName(gitDirectory) == entries && Directory.Exists(gitDirectory)
                ? gitDirectory
                : WorktreeEntries.Find(Repository, path);
        Clear(path, to);
        if (entry is not null)
        {
            Trash.Discard(entry, EntryTrash);
        }

        Context.Faults.Reached(WorkspaceStep.Unregistered);

        DeleteIfEmpty(entries);
        DeleteIfEmpty(Path.GetDirectoryName(path)!);
    }

    /// <summary>Deletes a branch that is still where it is expected to be; <see langword="null"/> for wherever it is.</summary>
    public Task<bool> DeleteBranchAsync(string branch, string? expected, CancellationToken cancellationToken) =>
        Repository.TryUpdateAsync(new RefTransaction().Delete($"refs/heads/{branch}", expected), cancellationToken);

    /// <summary>Undoes a half-made workspace: no branch without worktree, no worktree without lease.</summary>
    public Task RollBackAsync(AttemptId attempt, string path, string branch, string baseCommit) =>
        RollBackAsync(
            attempt,
            () => RemoveAsync(path, null, null, CancellationToken.None),
            () => DeleteBranchAsync(branch, baseCommit, CancellationToken.None)
        );
}
