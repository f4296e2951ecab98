using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// In two phases: renamed out of the way, and deleted in the background.
internal abstract class WorkspaceRemoval(WorkspaceContext context)
{
    protected WorkspaceContext Context => context;

    protected GitRepository Repository => context.Repository;

    // Goes on whatever fails, and is not cancelled.
    public async Task RollBackAsync(AttemptId attempt, params Func<Task>[] steps)
    {
        foreach (Func<Task> step in steps)
        {
            await TryAsync(step).ConfigureAwait(false);
        }

        await context.Trash.EmptyAsync().ConfigureAwait(false);
        await TryAsync(async () =>
            {
                using OsFileLock held = await context.LockAsync(CancellationToken.None).ConfigureAwait(false);
                DeleteIfEmpty(context.Workers.For(attempt));
                WorkersDirectorySetup.RemoveIfUnused(context.Workers);
            })
            .ConfigureAwait(false);
    }

    // Into the trash, or to where it is used again.
    protected void Clear(string path, string? to)
    {
        if (to is null)
        {
            context.Trash.Discard(path, context.Workers.Trash);
        }
        else
        {
            Directory.Move(path, to);
        }

        context.Faults.OnStep(WorkspaceStep.Discarded);
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
            // The fault that started the roll-back is the one to report.
        }
    }
}
