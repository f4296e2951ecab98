using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces;

/// <summary>Takes workspaces away in two phases: what is on the disk is renamed out of the way, and deleted behind.</summary>
internal abstract class WorkspaceRemoval(GitRepository repository, TimeProvider time, WorkersFolder workers, Trash trash)
{
    protected GitRepository Repository => repository;

    protected WorkersFolder Workers => workers;

    protected Trash Trash => trash;

    protected Task<OsFileLock> LockAsync(CancellationToken cancellationToken) => OsFileLock.AcquireAsync(repository.WorktreeLock, time, cancellationToken);

    /// <summary>Undoes a half-made workspace, and takes the folders away again that were made for it. Goes on whatever fails, and is not cancelled.</summary>
    protected async Task RollBackAsync(AttemptId attempt, params Func<Task>[] steps)
    {
        foreach (Func<Task> step in steps)
        {
            await TryAsync(step).ConfigureAwait(false);
        }

        await trash.EmptyAsync().ConfigureAwait(false);
        await TryAsync(async () =>
        {
            using OsFileLock held = await LockAsync(CancellationToken.None).ConfigureAwait(false);
            DeleteIfEmpty(workers.Of(attempt));
            WorkersRoot.RemoveIfUnused(workers);
        }).ConfigureAwait(false);
    }

    protected static void DeleteIfEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
        }
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
}
