namespace Isolation.Sdk.Workspaces;

// The repository has nothing of them to forget, so no lock is needed.
internal sealed class CloneRemoval(WorkspaceContext context) : WorkspaceRemoval(context)
{
    public Task RemoveAsync(WorkspaceInfo info, string? to)
    {
        // The work tree goes last: as long as it is there, a sweep comes back for the rest.
        Context.Trash.Discard(CloneCollector.Folder(info), Context.Workers.Trash);
        new PinMarker(info).Remove();
        if (to is not null)
        {
            Context.Trash.Discard(info.GitDirectory, Context.Workers.Trash);
        }

        Clear(info.Path, to);
        DeleteIfEmpty(Path.GetDirectoryName(info.Path)!);
        return Task.CompletedTask;
    }
}
