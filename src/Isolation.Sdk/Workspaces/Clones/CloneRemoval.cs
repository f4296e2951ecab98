namespace Isolation.Sdk.Workspaces;

/// <summary>Takes private clones away. The repository has nothing of them to forget, so it needs no lock.</summary>
internal sealed class CloneRemoval(WorkspaceContext context) : WorkspaceRemoval(context)
{
    /// <param name="info">The clone.</param>
    /// <param name="to">Where its work tree goes, without its repository; <see langword="null"/>: into the trash.</param>
    public Task RemoveAsync(WorkspaceInfo info, string? to)
    {
        // The work tree goes last: as long as it is there, a sweep comes back for the rest.
        Trash.Discard(CloneCollector.Folder(info), Workers.Trash);
        new PinMarker(info).Remove();
        if (to is not null)
        {
            Trash.Discard(info.GitDirectory, Workers.Trash);
        }

        Clear(info.Path, to);
        DeleteIfEmpty(Path.GetDirectoryName(info.Path)!);
        return Task.CompletedTask;
    }

    public Task RollBackAsync(AttemptId attempt, WorkspaceInfo info) =>
        RollBackAsync(attempt, () => RemoveAsync(info, null));
}
