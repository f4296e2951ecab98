using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

/// <summary>Pins what a worker made: what HEAD holds, and what lies in the work tree on top of it.</summary>
internal abstract class WorkspaceCapture(
    GitRepository repository,
    AttemptId attempt,
    WorkspaceInfo info,
    WorkspaceFacts facts
)
{
    private readonly string[] _excluded = [.. facts.Copied, .. facts.Linked];
    private readonly PinMarker _mark = new(info);

    protected GitRepository Repository => repository;

    protected AttemptId Attempt => attempt;

    protected WorkspaceInfo Info => info;

    public async Task<Capture> RunAsync(IStateScope scope, string? expected, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(info.Path))
        {
            throw new IsolationException(
                WorkspaceCodes.WorkspaceGone,
                $"'{info.Path}' is gone.",
                "Somebody removed it while the attempt held it; what it had committed may still be there."
            )
            {
                Attempt = attempt,
            };
        }

        NamedPipes.Remove(info);
        DateTime? since = _mark.Begin();
        List<string> tampering = [.. Fingerprint.Differences(facts.Fingerprint, TakeFingerprint())];
        using CaptureGit git = new(
            repository,
            info,
            scope,
            honest: tampering.Count == 0 && facts.Fingerprint.Count > 0
        );
        git.ComparesContent = TimestampForgery.IsFound(info, _excluded, facts.CheckedOutAt);
        GitStatus? status = git.IsTrusted ? await git.TryStatusAsync(cancellationToken).ConfigureAwait(false) : null;
        string? head = status is null
            ? await ReadHeadAsync(git, tampering, cancellationToken).ConfigureAwait(false)
            : status.Head;
        string[] nested = [.. (status?.Untracked ?? []).Where(p => p.EndsWith('/'))];
        bool clean =
            !git.ComparesContent
            && head is not null
            && status is not null
            && !status
                .Tracked.Concat(status.Untracked)
                .Any(p =>
                    !nested.Contains(p, StringComparer.Ordinal) && !(IsStranger(p) && status.Untracked.Contains(p))
                );
        string made = clean
            ? head!
            : await CommitLeftoversAsync(git, status is not null, head, nested, cancellationToken)
                .ConfigureAwait(false);
        bool leftovers = made != head && !(head is null && made == info.BaseCommit);
        CollectedWork collected = await CollectAsync(git, made, _excluded, tampering, cancellationToken)
            .ConfigureAwait(false);
        string start = await new WorkStart(repository, info, facts.TargetRef)
            .FindAsync(collected.Commit, cancellationToken)
            .ConfigureAwait(false);
        string commit = await WithoutStrangersAsync(git, collected.Commit, start, cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<FileChange> files =
            commit == start
                ? []
                : await CommitDiff.ReadAsync(repository, start, commit, cancellationToken).ConfigureAwait(false);
        string? branch = leftovers && head is not null ? BranchToMove(status) : null;
        await PinAsync(commit, expected, branch, head, cancellationToken).ConfigureAwait(false);
        if (since is { } stamp && nested.Length == 0 && collected.IsAll)
        {
            _mark.Complete(commit, stamp);
        }

        return new Capture(commit, start, AttemptNames.RefName(attempt), files)
        {
            Tampering = tampering,
            HadLeftovers = leftovers,
            OtherRefs = collected.OtherRefs,
        };
    }

    /// <summary>Hashes of what git trusts, as they are now.</summary>
    protected abstract IReadOnlyDictionary<string, string> TakeFingerprint();

    /// <summary>What HEAD means where status could not say.</summary>
    protected abstract Task<string?> ReadHeadAsync(
        CaptureGit git,
        List<string> tampering,
        CancellationToken cancellationToken
    );

    /// <summary>Brings what was made into the repository.</summary>
    protected abstract Task<CollectedWork> CollectAsync(
        CaptureGit git,
        string commit,
        IReadOnlyList<string> strangers,
        List<string> tampering,
        CancellationToken cancellationToken
    );

    /// <summary>The branch in the repository that leftovers go onto as well.</summary>
    protected abstract string? BranchToMove(GitStatus? status);

    private async Task<string> CommitLeftoversAsync(
        CaptureGit git,
        bool readable,
        string? head,
        string[] nested,
        CancellationToken cancellationToken
    )
    {
        string parent = head ?? info.BaseCommit;
        string tree = await git.WriteWorkTreeAsync(readable, parent, _excluded, nested, cancellationToken)
            .ConfigureAwait(false);
        return await git.TryTreeOfAsync(parent, cancellationToken).ConfigureAwait(false) == tree
            ? parent
            : await git.CommitAsync(
                    tree,
                    parent,
                    $"Leftovers of {attempt}\n\nWhat the worker had not committed when it ended.",
                    cancellationToken
                )
                .ConfigureAwait(false);
    }

    /// <summary>What was copied in stays out of the history as well: a worker that committed it gets its work squashed onto the base without it.</summary>
    private async Task<string> WithoutStrangersAsync(
        CaptureGit git,
        string commit,
        string start,
        CancellationToken cancellationToken
    )
    {
        if (_excluded.Length == 0 || commit == start)
        {
            return commit;
        }

        string[] arguments =
        [
            "rev-list",
            "--full-history",
            "--max-count=1",
            $"{start}..{commit}",
            "--",
            .. _excluded.Select(p => $":(top,literal){p}"),
        ];
        GitResult touched = await repository
            .Client.RunAsync(new GitCommand(repository.CommonDirectory, arguments), cancellationToken)
            .ConfigureAwait(false);
        if (touched.Line.Length == 0)
        {
            return commit;
        }

        string tree = await git.WriteTreeWithoutAsync(commit, _excluded, cancellationToken).ConfigureAwait(false);
        string squashed = await git.CommitAsync(
                tree,
                start,
                $"Work of {attempt}\n\nWithout the files that were copied or linked in, which the worker had committed.",
                cancellationToken
            )
            .ConfigureAwait(false);
        return (await CollectAsync(git, squashed, _excluded, [], cancellationToken).ConfigureAwait(false)).Commit;
    }

    private async Task PinAsync(
        string commit,
        string? expected,
        string? branch,
        string? head,
        CancellationToken cancellationToken
    )
    {
        // One transaction: the attempt is where it was, no newer one was issued, and only then does anything move.
        AttemptId newer = attempt with { Number = attempt.Number + 1 };
        RefTransaction transaction = new RefTransaction()
            .Update(AttemptNames.RefName(attempt), commit, expected ?? repository.NullId)
            .Verify(AttemptNames.RefName(newer), repository.NullId);
        if (branch is not null)
        {
            transaction.Update($"refs/heads/{branch}", commit, head!);
        }

        if (!await repository.TryUpdateAsync(transaction, cancellationToken).ConfigureAwait(false))
        {
            throw new IsolationException(
                WorkspaceCodes.StaleAttempt,
                $"Attempt {attempt} is not the newest any more, or its ref was moved: its late capture is refused.",
                "Look at the workspace, which is kept; the newer attempt goes on."
            )
            {
                Attempt = attempt,
            };
        }
    }

    private bool IsStranger(string path) =>
        _excluded.Any(s => path == s || path.StartsWith(s + "/", StringComparison.Ordinal));
}

/// <summary>What a capture brought into the repository.</summary>
/// <param name="Commit">What the worker hands in.</param>
/// <param name="OtherRefs">What else it had.</param>
/// <param name="IsAll">Whether nothing was left behind.</param>
internal sealed record CollectedWork(string Commit, IReadOnlyList<CapturedRef> OtherRefs, bool IsAll = true);
