using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Workspaces;

// In two phases: renamed out of the way, and deleted in the background.
internal sealed class WorkspaceRemoval(WorkspaceContext context)
{
    private readonly GitRepository _repository = context.Repository;

    // On the file system of the git directory, so that a rename is enough.
    public static string EntryTrashOf(GitRepository repository) => Path.Combine(repository.IsolationDirectory, "trash");

    // To where it is used again, or into the trash if 'to' is null.
    public async Task RemoveWorktreeAsync(
        string path,
        string? gitDirectory,
        string? to,
        CancellationToken cancellationToken
    )
    {
        using OsFileLock held = await context.LockAsync(cancellationToken).ConfigureAwait(false);

        // The note may be from a worker's altered pointer.
        string entries = Path.Combine(_repository.CommonDirectory, "worktrees");
        string? entry =
            gitDirectory is not null && Path.GetDirectoryName(gitDirectory) == entries && Directory.Exists(gitDirectory)
                ? gitDirectory
                : WorktreeEntries.Find(_repository, path);
        Clear(path, to);
        if (entry is not null)
        {
            context.Trash.Discard(entry, EntryTrashOf(_repository));
        }

        context.Faults.OnStep(WorkspaceStep.Unregistered);
        FileSearch.DeleteIfEmpty(entries);
        FileSearch.DeleteIfEmpty(Path.GetDirectoryName(path)!);
    }

    // The repository has nothing of a clone to forget, so no lock is needed.
    public Task RemoveCloneAsync(WorkspaceInfo info, string? to)
    {
        // The work tree goes last: as long as it is there, a sweep comes back for the rest.
        context.Trash.Discard(CloneCollector.Folder(info), context.Workers.Trash);
        new PinMarker(info).Remove();
        if (to is not null)
        {
            context.Trash.Discard(info.GitDirectory, context.Workers.Trash);
        }

        Clear(info.Path, to);
        FileSearch.DeleteIfEmpty(Path.GetDirectoryName(info.Path)!);
        return Task.CompletedTask;
    }

    public Task<bool> DeleteBranchAsync(string branch, string? expected, CancellationToken cancellationToken) =>
        _repository.TryUpdateAsync(new RefTransaction().Delete($"refs/heads/{branch}", expected), cancellationToken);

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
                FileSearch.DeleteIfEmpty(context.Workers.For(attempt));
                WorkersDirectorySetup.RemoveIfUnused(context.Workers);
            })
            .ConfigureAwait(false);
    }

    private void Clear(string path, string? to)
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

    private static async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (Exception e) when (DiskErrors.IsRefusal(e) || e is IsolationException) { }
    }
}
