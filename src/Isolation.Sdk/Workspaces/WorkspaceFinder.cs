using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;

namespace Isolation.Sdk.Workspaces;

// Finds a workspace of either kind again from its lease.
internal static class WorkspaceFinder
{
    public static async Task<IWorkspace?> FindAsync(
        WorkspaceContext context,
        LeaseRecord record,
        string path,
        CancellationToken cancellationToken
    )
    {
        GitRepository repository = context.Repository;
        bool isClone = record.Notes.TryGetValue(WorkspaceNotes.CloneBranch, out string? branch);
        if (!isClone && !record.Notes.TryGetValue(WorkspaceNotes.Branch, out branch))
        {
            return null;
        }

        string attemptRef = AttemptNames.RefName(record.Attempt),
            branchRef = $"refs/heads/{branch}";
        IReadOnlyDictionary<string, string> refs = await repository
            .ListRefsAsync(cancellationToken, attemptRef, branchRef)
            .ConfigureAwait(false);
        string? gitDirectory = isClone
            ? PrivateCloneWorkspace.GitDirectoryOf(path)
            : record.Notes.GetValueOrDefault(WorkspaceNotes.GitDirectory) ?? WorktreeEntries.Find(repository, path);
        bool isLeft =
            Directory.Exists(path)
            || (
                isClone
                    ? PrivateCloneWorkspace.IsFolderLeft(path)
                    : Directory.Exists(gitDirectory) || refs.ContainsKey(branchRef)
            );
        if (!isLeft)
        {
            return null;
        }

        string? pinned = refs.GetValueOrDefault(attemptRef);
        WorkspaceFacts facts = WorkspaceFacts.FromJson(record.Notes.GetValueOrDefault(WorkspaceNotes.Made));
        WorkspaceInfo info = new(
            path,
            gitDirectory ?? LinkedWorktree.NoEntryOf(repository),
            branch,
            record.Notes.GetValueOrDefault(WorkspaceNotes.Base) ?? pinned ?? repository.NullId
        )
        {
            CheckedOutBy = facts.CheckedOutBy,
        };
        return isClone
            ? new PrivateCloneWorkspace(context, record.Attempt, info, facts, pinned)
            : new LinkedWorktree(context, record.Attempt, info, facts, pinned);
    }
}
