using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Dispatching;

// Nothing that a report says about its commit is believed.
internal sealed class CommitCollector(GitRepository repository, TimeProvider time)
{
    private const string IncomingPrefix = "refs/isolation/incoming/";

    public async Task<AttemptReport> CollectAsync(
        WorkerAssignment assignment,
        AttemptReport report,
        string? bundle,
        CancellationToken cancellationToken
    )
    {
        if ((report.Attempt == assignment.Attempt ? report.FindFault() : $"it is about {report.Attempt}") is { } fault)
        {
            throw Refuse(
                DispatchingCodes.WrongReport,
                assignment.Attempt,
                $"The report is refused: {fault}.",
                "The dispatcher has to return the whole report of the attempt that it was given."
            );
        }

        string pinned = AttemptNames.RefName(assignment.Attempt);
        bool isHere = bundle is null && report.FetchFrom is null;
        string? at = report.Commit is null ? null : await ReadAsync(pinned, cancellationToken).ConfigureAwait(false);
        // A worker that moved its own ref is quarantined: its report has to arrive.
        if (report.Commit is not { } commit || (isHere && (commit == at || report.Contamination.Count > 0)))
        {
            return report;
        }

        string incoming = IncomingPrefix + pinned[AttemptNames.AttemptsPrefix.Length..];
        if (!isHere)
        {
            string source = bundle
                ?? await FindRemoteAsync(assignment, report, cancellationToken).ConfigureAwait(false);
            await GitFetch
                .RunAsync(repository, source, time, cancellationToken, [$"+{pinned}:{incoming}"], checkObjects: true)
                .ConfigureAwait(false);
        }

        try
        {
            await RequireWorkAsync(assignment, commit, isHere ? commit : incoming, cancellationToken)
                .ConfigureAwait(false);
            if (at != commit)
            {
                await PinAsync(assignment, pinned, commit, at, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!isHere)
            {
                await repository
                    .TryUpdateAsync(new RefTransaction().Delete(incoming), CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }

        WorkspaceInfo start = new("", repository.IsolationDirectory, null, assignment.BaseCommit);
        string from = await new WorkStart(
            repository,
            start,
            assignment.Target is { } target ? RefNames.OfBranch(target) : null
        )
            .FindAsync(commit, cancellationToken)
            .ConfigureAwait(false);
        return report with
        {
            BaseCommit = from,
            Changes = await CommitDiff.ReadAsync(repository, from, commit, cancellationToken).ConfigureAwait(false),
            FetchFrom = null,
            Branch = isHere ? report.Branch : null,
        };
    }

    private async Task<string?> ReadAsync(string name, CancellationToken cancellationToken) =>
        RefReader.Read(repository.CommonDirectory, name)
        ?? await repository.TryResolveCommitAsync(name, cancellationToken).ConfigureAwait(false);

    // A report may name a remote of this repository, and nothing else: a URL could run a program.
    private async Task<string> FindRemoteAsync(
        WorkerAssignment assignment,
        AttemptReport report,
        CancellationToken cancellationToken
    )
    {
        GitResult remotes = await repository.RunAsync(cancellationToken, "remote").ConfigureAwait(false);
        return remotes.Output.Split('\n').Contains(report.FetchFrom, StringComparer.Ordinal)
            ? report.FetchFrom!
            : throw Refuse(
                DispatchingCodes.CommitRefused,
                assignment.Attempt,
                $"Its commit is said to be at '{PlainText.SingleLine(report.FetchFrom!, 200)}', which is "
                    + $"no remote of the repository.",
                "Name a remote that 'git remote' lists."
            );
    }

    private async Task RequireWorkAsync(
        WorkerAssignment assignment,
        string commit,
        string revision,
        CancellationToken cancellationToken
    )
    {
        string? tip = await repository.TryResolveCommitAsync(revision, cancellationToken).ConfigureAwait(false);
        string? why =
            tip is null ? "is not in the repository"
            : tip != commit ? $"is not the one that was fetched, {tip}"
            : !(
                await repository
                    .TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", assignment.BaseCommit, commit)
                    .ConfigureAwait(false)
            ).Ok
                ? $"does not descend from its base {assignment.BaseCommit}"
            : null;
        if (why is not null)
        {
            throw Refuse(
                DispatchingCodes.CommitRefused,
                assignment.Attempt,
                $"Commit {PlainText.SingleLine(commit, 64)} {why}.",
                "An attempt's work starts from the commit that it was given; look at the machine that made it."
            );
        }
    }

    private async Task PinAsync(
        WorkerAssignment assignment,
        string pinned,
        string commit,
        string? at,
        CancellationToken cancellationToken
    )
    {
        AttemptId next = assignment.Attempt with { Number = assignment.Attempt.Number + 1 };
        RefTransaction move = new RefTransaction()
            .Verify(AttemptNames.RefName(next), repository.NullId)
            .Update(pinned, commit, assignment.BaseCommit);
        if (
            at != assignment.BaseCommit
            || !await repository.TryUpdateAsync(move, cancellationToken).ConfigureAwait(false)
        )
        {
            throw Superseded(assignment.Attempt);
        }
    }

    public static IsolationException Superseded(AttemptId attempt) =>
        Refuse(
            DispatchingCodes.Superseded,
            attempt,
            "Its result came too late: the run does not wait for it any more, a newer attempt exists, or "
                + "its ref has moved.",
            "Nothing needs to be done: the newer attempt counts."
        );

    private static IsolationException Refuse(string code, AttemptId attempt, string message, string remedy) =>
        new(code, $"{attempt}: {message}", remedy) { Attempt = attempt };
}
