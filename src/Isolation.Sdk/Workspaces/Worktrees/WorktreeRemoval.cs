using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

internal sealed class WorktreeRemoval(WorkspaceContext context) : WorkspaceRemoval(context)
{
    // On the file system of the git directory, so that a rename is enough.
    public static string EntryTrashOf(GitRepository repository) => Path.Combine(repository.IsolationDirectory, "trash");

    public async Task RemoveAsync(string path, string? gitDirectory, string? to, CancellationToken cancellationToken)
    {
        using OsFileLock held = await Context.LockAsync(cancellationToken).ConfigureAwait(false);

        // The note may be from a worker's altered pointer.
        string entries = Path.Combine(Repository.CommonDirectory, "worktrees");
        string? entry =
            gitDirectory is not null && Path.GetDirectoryName(gitDirectory) == entries && Directory.Exists(gitDirectory)
                ? gitDirectory
                : WorktreeEntries.Find(Repository, path);
        Clear(path, to);
        if (entry is not null)
        {
            Context.Trash.Discard(entry, EntryTrashOf(Repository));
        }

        Context.Faults.OnStep(WorkspaceStep.Unregistered);
        DeleteIfEmpty(entries);
        DeleteIfEmpty(Path.GetDirectoryName(path)!);
    }

    // null for wherever it is.
    public Task<bool> DeleteBranchAsync(string branch, string? expected, CancellationToken cancellationToken) =>
        Repository.TryUpdateAsync(new RefTransaction().Delete($"refs/heads/{branch}", expected), cancellationToken);
}
