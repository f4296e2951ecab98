using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;

namespace Isolation.Sdk.Workspaces.Clones;

/// <summary>Takes private clones away. The repository has nothing of them to forget, so it needs no lock.</summary>
internal sealed class CloneRemoval(GitRepository repository, TimeProvider time, WorkersFolder workers, Trash trash) : WorkspaceRemoval(repository, time, workers, trash)
{
    public Task RemoveAsync(WorkspaceInfo info)
    {
        // The work tree goes last: as long as it is there, a sweep comes back for the rest.
        Trash.Discard(CloneCollector.Folder(info), Workers.Trash);
        new PinnedMark(info).Remove();
        Trash.Discard(info.Path, Workers.Trash);
        DeleteIfEmpty(Path.GetDirectoryName(info.Path)!);
        return Task.CompletedTask;
    }

    public Task RollBackAsync(AttemptId attempt, WorkspaceInfo info) => RollBackAsync(attempt, () => RemoveAsync(info));
}
