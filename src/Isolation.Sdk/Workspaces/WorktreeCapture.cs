using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Sandboxing;

namespace Isolation.Sdk.Workspaces;

/// <summary>Pins what a worker made: what HEAD holds, and what lies in the work tree on top of it.</summary>
internal sealed class WorktreeCapture(GitRepository repository, AttemptId attempt, WorkspaceInfo info, WorkspaceFacts facts, GitWorktreeOptions options)
{
    private readonly string[] _strangers = [.. facts.Copied, .. facts.Linked];

    public async Task<Capture> RunAsync(IStateScope scope, string? expected, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(info.Path))
        {
            throw new IsolationException(WorkspaceCodes.WorkspaceGone, $"'{info.Path}' is gone.", "Somebody removed it while the attempt held it; what its branch has is still there.") { Attempt = attempt };
        }

        DateTime? since = PinnedMark.Begin(info.GitDirectory);
        IReadOnlyList<string> tampering = Fingerprint.Differences(facts.Fingerprint, Fingerprint.Take(repository.CommonDirectory, info.GitDirectory, info.Path));
        using CaptureGit git = new(repository, info, scope);
        GitStatus? status = tampering.Count == 0 && facts.Fingerprint.Count > 0 ? await git.TryStatusAsync(cancellationToken).ConfigureAwait(false) : null;
        string? head = status is null ? await git.ReadHeadAsync(cancellationToken).ConfigureAwait(false) : status.Head;
        string[] nested = [.. (status?.Untracked ?? []).Where(p => p.EndsWith('/'))];
        bool clean = head is not null && status is not null && !status.Tracked.Concat(status.Untracked).Any(p => !nested.Contains(p, StringComparer.Ordinal) && !(IsStranger(p) && status.Untracked.Contains(p)));
        string commit = clean ? head! : await CommitLeftoversAsync(git, status is not null, head, nested, cancellationToken).ConfigureAwait(false);
        bool leftovers = commit != head && !(head is null && commit == info.BaseCommit);
        string start = await new OwnBase(repository, info, facts.TargetRef).FindAsync(commit, cancellationToken).ConfigureAwait(false);
        commit = await WithoutStrangersAsync(git, commit, start, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<FileChange> files = commit == start ? [] : await CaptureDiff.ReadAsync(repository, start, commit, cancellationToken).ConfigureAwait(false);
        string? branch = options.LeftoversOnBranch && leftovers && head is not null && status?.Branch == info.Branch ? info.Branch : null;
        await PinAsync(commit, expected, branch, head, cancellationToken).ConfigureAwait(false);
        if (since is { } stamp && nested.Length == 0)
        {
            PinnedMark.Complete(info.GitDirectory, commit, stamp);
        }

        return new Capture(commit, start, AttemptNames.Ref(attempt), files) { Tampering = tampering, HadLeftovers = leftovers };
    }

    private async Task<string> CommitLeftoversAsync(CaptureGit git, bool trusted, string? head, string[] nested, CancellationToken cancellationToken)
    {
        string tree = await git.WriteWorkTreeAsync(trusted, head ?? info.BaseCommit, _strangers, nested, cancellationToken).ConfigureAwait(false);
        string parent = head ?? info.BaseCommit;
        GitResult same = await repository.TryRunAsync(cancellationToken, "rev-parse", "--verify", "--quiet", $"{parent}^{{tree}}").ConfigureAwait(false);
        return same.Ok && same.Line == tree ? parent : await git.CommitAsync(tree, parent, $"Leftovers of {attempt}\n\nWhat the worker had not committed when it ended.", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What was copied in stays out of the history as well: a worker that committed it gets its work squashed onto the base without it.</summary>
    private async Task<string> WithoutStrangersAsync(CaptureGit git, string commit, string start, CancellationToken cancellationToken)
    {
        if (_strangers.Length == 0 || commit == start)
        {
            return commit;
        }

        string[] arguments = ["rev-list", "--full-history", "--max-count=1", $"{start}..{commit}", "--", .. _strangers.Select(p => $":(top,literal){p}")];
        GitResult touched = await repository.Client.RunAsync(new GitCommand(repository.CommonDirectory, arguments), cancellationToken).ConfigureAwait(false);
        if (touched.Line.Length == 0)
        {
            return commit;
        }

        string tree = await git.WriteTreeWithoutAsync(commit, _strangers, cancellationToken).ConfigureAwait(false);
        return await git.CommitAsync(tree, start, $"Work of {attempt}\n\nWithout the files that were copied or linked in, which the worker had committed.", cancellationToken).ConfigureAwait(false);
    }

    private async Task PinAsync(string commit, string? expected, string? branch, string? head, CancellationToken cancellationToken)
    {
        // One transaction: the attempt is where it was, no newer one was issued, and only then does anything move.
        AttemptId newer = attempt with { Number = attempt.Number + 1 };
        RefTransaction transaction = new RefTransaction().Update(AttemptNames.Ref(attempt), commit, expected ?? repository.NullId).Verify(AttemptNames.Ref(newer), repository.NullId);
        if (branch is not null)
        {
            transaction.Update($"refs/heads/{branch}", commit, head!);
        }

        if (!await repository.TryUpdateAsync(transaction, cancellationToken).ConfigureAwait(false))
        {
            throw new IsolationException(WorkspaceCodes.StaleAttempt, $"Attempt {attempt} is not the newest any more, or its ref was moved: its late capture is refused.", "Look at the workspace, which is kept; the newer attempt goes on.") { Attempt = attempt };
        }
    }

    private bool IsStranger(string path) => _strangers.Any(s => path == s || path.StartsWith(s + "/", StringComparison.Ordinal));
}
