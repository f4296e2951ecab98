using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>A linked worktree that an attempt holds.</summary>
internal sealed class LinkedWorktree(
    GitRepository repository,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts,
    GitWorktreeOptions options,
    WorktreeRemoval removal,
    string? pinned
) : GitWorkspace(info, attempt, pinned)
{
    // No worktree has it: git takes the last part of a path, and that of a work tree is never a name that starts with a dot.
    private const string NoEntry = ".none";

    /// <summary>Finds one again from its lease; <see langword="null"/> when nothing is left of it.</summary>
    public static async Task<LinkedWorktree?> ReopenAsync(
        GitRepository repository,
        LeaseRecord record,
        GitWorktreeOptions options,
        WorktreeRemoval removal,
        CancellationToken cancellationToken
    )
    {
        if (
            !record.Notes.TryGetValue(WorkspaceNotes.Path, out string? path)
            || !record.Notes.TryGetValue(WorkspaceNotes.Branch, out string? branch)
        )
        {
            return null;
        }

        string attemptRef = AttemptNames.RefName(record.Attempt);
        GitResult answer = await repository
            .RunAsync(
                cancellationToken,
                "for-each-ref",
                "--format=%(refname) %(objectname)",
                attemptRef,
                $"refs/heads/{branch}"
            )
            .ConfigureAwait(false);
        Dictionary<string, string> refs = answer
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' '))
            .ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        string? gitDirectory = record.Notes.GetValueOrDefault(WorkspaceNotes.GitDirectory)
            ?? WorktreeEntries.Find(repository, path);
        bool anything =
            Directory.Exists(path)
            || (gitDirectory is not null && Directory.Exists(gitDirectory))
            || refs.ContainsKey($"refs/heads/{branch}");
        if (!anything)
        {
            return null;
        }

        string baseCommit = record.Notes.GetValueOrDefault(WorkspaceNotes.Base)
            ?? refs.GetValueOrDefault(attemptRef, repository.NullId);
        WorkspaceFacts facts = WorkspaceFacts.FromJson(record.Notes.GetValueOrDefault(WorkspaceNotes.Made));
        WorkspaceInfo info = new(
            path,
            gitDirectory ?? Path.Combine(repository.CommonDirectory, "worktrees", NoEntry),
            branch,
            baseCommit
        )
        {
            CheckedOutBy = facts.CheckedOutBy,
        };
        return new LinkedWorktree(
            repository,
            record.Attempt,
            info,
            facts,
            options,
            removal,
            refs.GetValueOrDefault(attemptRef)
        );
    }

    protected override Task<Capture> CaptureAsync(
        IStateScope scope,
        string? expected,
        CancellationToken cancellationToken
    ) => new WorktreeCapture(repository, Attempt, Info, facts, options).RunAsync(scope, expected, cancellationToken);

    protected override async Task RemoveAsync(
        bool everything,
        string? idleAt,
        string? to,
        CancellationToken cancellationToken
    )
    {
        await removal.RemoveAsync(Info.Path, Info.GitDirectory, to, cancellationToken).ConfigureAwait(false);
        if (Info.Branch is { } branch && (everything || idleAt is not null))
        {
            // A branch that moved beyond what is pinned stays: only what it started from, or brought in, is known to be of no worth.
            await removal
                .DeleteBranchAsync(branch, everything ? null : idleAt, cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
