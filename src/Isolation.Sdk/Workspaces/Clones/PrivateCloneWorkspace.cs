using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>A private clone that an attempt holds.</summary>
internal sealed class PrivateCloneWorkspace(
    GitRepository repository,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts,
    CloneRemoval removal,
    string? pinned
) : GitWorkspace(info, attempt, pinned)
{
    /// <summary>Finds one again from its lease; <see langword="null"/> when nothing is left of it.</summary>
    public static async Task<PrivateCloneWorkspace?> ReopenAsync(
        GitRepository repository,
        LeaseRecord record,
        CloneRemoval removal,
        CancellationToken cancellationToken
    )
    {
        string path = record.Notes[WorkspaceNotes.Path];
        if (!Directory.Exists(path) && !IsFolderLeft(path))
        {
            return null;
        }

        string? pinned = (
            await repository
                .ListRefsAsync(AttemptNames.RefName(record.Attempt), cancellationToken)
                .ConfigureAwait(false)
        ).GetValueOrDefault(AttemptNames.RefName(record.Attempt));
        string baseCommit = record.Notes.GetValueOrDefault(WorkspaceNotes.Base) ?? pinned ?? repository.NullId;
        WorkspaceFacts facts = WorkspaceFacts.FromJson(record.Notes.GetValueOrDefault(WorkspaceNotes.Made));
        WorkspaceInfo info = new(path, GitDirectoryOf(path), record.Notes[WorkspaceNotes.CloneBranch], baseCommit)
        {
            CheckedOutBy = facts.CheckedOutBy,
        };
        return new PrivateCloneWorkspace(repository, record.Attempt, info, facts, removal, pinned);
    }

    // Of one that was about to be made, or nearly gone: the folder it was in, and at most its mark. What else is in there is the state's, which sees to itself.
    private static bool IsFolderLeft(string path) =>
        Path.GetDirectoryName(path) is { } folder
        && Directory.Exists(folder)
        && Directory.EnumerateFileSystemEntries(folder).All(PinMarker.IsMarker);

    public static string GitDirectoryOf(string path) => Path.Combine(path, ".git");

    protected override Task<Capture> CaptureAsync(
        IStateScope scope,
        string? expected,
        CancellationToken cancellationToken
    ) => new CloneCapture(repository, Attempt, Info, facts).RunAsync(scope, expected, cancellationToken);

    protected override Task RemoveAsync(
        bool everything,
        string? idleAt,
        string? to,
        CancellationToken cancellationToken
    ) => removal.RemoveAsync(Info, to);
}
