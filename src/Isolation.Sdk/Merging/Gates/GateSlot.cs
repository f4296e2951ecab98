using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging.Gates;

/// <summary>The queue's own worktree, in which candidates are tested. It moves from one to the next by what differs, and goes with the queue.</summary>
internal sealed class GateSlot(QueueContext context) : IAsyncDisposable
{
    private readonly Trash _trash = new();
    private string? _gitDirectory;

    private string Folder => Path.Combine(context.Folder.Gates, context.Names.QueueSlug, "slot-1");

    private GitRepository Repository => context.Repository;

    /// <summary>Puts exactly a candidate's files there.</summary>
    public async Task<WorkspaceInfo> MoveToAsync(string commit, CancellationToken cancellationToken)
    {
        // A gate is free to do what it likes in there. One that altered the pointer gets no git run by it, but a new slot for the next.
        if (_gitDirectory is not null && WorktreeEntries.Pointer(Folder) != _gitDirectory)
        {
            await RemoveAsync(cancellationToken).ConfigureAwait(false);
        }

        _gitDirectory ??= await MakeAsync(commit, cancellationToken).ConfigureAwait(false);
        await GitAsync(cancellationToken, "reset", "--hard", "--quiet", commit).ConfigureAwait(false);
        await GitAsync(cancellationToken, "clean", "-ffdxq").ConfigureAwait(false);
        return new WorkspaceInfo(Folder, _gitDirectory, null, commit);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_gitDirectory is not null)
        {
            await RemoveAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await _trash.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<string> MakeAsync(string commit, CancellationToken cancellationToken)
    {
        // What is there is from a queue that was killed: only the holder of the queue's lock gets here.
        await RemoveAsync(cancellationToken).ConfigureAwait(false);
        using OsFileLock held = await OsFileLock.AcquireAsync(Repository.WorktreeLock, context.Time, cancellationToken).ConfigureAwait(false);
        WorkersRoot.Prepare(context.Folder, Repository);
        Directory.CreateDirectory(Path.GetDirectoryName(Folder)!);
        await Repository.RunAsync(cancellationToken, "worktree", "add", "--quiet", "--detach", "--no-checkout", "--lock", "--reason", $"isolation merge queue {context.Names.QueueSlug}", "--", Folder, commit).ConfigureAwait(false);
        return WorktreeEntries.Pointer(Folder) ?? throw new IsolationException(GitCodes.CommandFailed, $"'git worktree add' made no worktree in '{Folder}'.", "Look there for missing rights.");
    }

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await new WorktreeRemoval(Repository, context.Time, context.Folder, _trash).RemoveAsync(Folder, _gitDirectory, cancellationToken).ConfigureAwait(false);
        _gitDirectory = null;
    }

    private Task<GitResult> GitAsync(CancellationToken cancellationToken, params string[] arguments) => Repository.Client.RunAsync(
        GitCommand.In(Folder, arguments) with
        {
            // Named outright: git never looks for a repository among files that a gate could have changed.
            Environment = new Dictionary<string, string>(Lfs.Environment(Repository)) { ["GIT_DIR"] = _gitDirectory!, ["GIT_WORK_TREE"] = Folder },
        },
        cancellationToken);
}
