using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

/// <summary>Takes workspaces away in two phases: what is on the disk is renamed out of the way, and deleted behind.</summary>
internal abstract class WorkspaceRemoval(WorkspaceContext context)
{
    protected WorkspaceContext Context => context;

    protected GitRepository Repository => context.Repository;

    protected WorkersDirectory Workers => context.Workers;

    protected Trash Trash => context.Trash;

    protected Task<OsFileLock> LockAsync(CancellationToken cancellationToken) =>
        OsFileLock.AcquireAsync(Repository.WorktreeLock, context.Time, cancellationToken);

    /// <summary>Takes the work tree out of its place: into the trash, or to where it is used again.</summary>
    protected void Clear(string path, string? to)
    {
        if (to is null)
        {
            Trash.Discard(path, Workers.Trash);
        }
        else
        {
            Directory.Move(path, to);
        }

        context.Faults.Reached(WorkspaceStep.Discarded);
    }

    /// <summary>Undoes a half-made workspace, and takes the folders away again that were made for it. Goes on whatever fails, and is not cancelled.</summary>
    protected async Task RollBackAsync(AttemptId attempt, params Func<Task>[] steps)
    {
        foreach (Func<Task> step in steps)
        {
            await TryAsync(step).ConfigureAwait(false);
        }

        await Trash.EmptyAsync().ConfigureAwait(false);
        await TryAsync(async () =>
            {
                using OsFileLock held = await LockAsync(CancellationToken.None).ConfigureAwait(false);
                DeleteIfEmpty(Workers.For(attempt));
                WorkersDirectorySetup.RemoveIfUnused(Workers);
            })
            .ConfigureAwait(false);
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
