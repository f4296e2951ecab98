using Isolation.Sdk.Git;

namespace Isolation.Sdk.Workspaces;

// A worker may amend the commit it was given, or go back behind it. What lands is how its files differ from that
// commit, put on it.
internal sealed class HistoryFromBase(GitRepository repository, WorkspaceInfo info, AttemptId attempt)
{
    // Who only committed descends from where it started, and costs no process.
    public bool IsPlain()
    {
        string log = Path.Combine(info.GitDirectory, "logs", "HEAD");
        return new FileInfo(log) is { Exists: true, LinkTarget: null } && File.ReadLines(log).All(IsPlain);
    }

    public async Task<string> RestoreAsync(string commit, CancellationToken cancellationToken)
    {
        string start = info.BaseCommit;
        GitResult nearest = await repository
            .TryRunAsync(cancellationToken, "merge-base", commit, start)
            .ConfigureAwait(false);
        if (nearest.Ok && nearest.Line == start)
        {
            return commit;
        }

        // Who only went back made nothing.
        string? tree =
            nearest.Ok && nearest.Line == commit
                ? null
                : await TreeOfAsync(commit, cancellationToken).ConfigureAwait(false);
        return tree is null || tree == await TreeOfAsync(start, cancellationToken).ConfigureAwait(false)
            ? start
            : await repository
                .CommitTreeAsync(
                    tree,
                    [start],
                    $"Work of {attempt}\n\nOn the commit it was given; the worker's own history does not "
                        + $"start from there.",
                    cancellationToken
                )
                .ConfigureAwait(false);
    }

    private async Task<string> TreeOfAsync(string commit, CancellationToken cancellationToken) =>
        (await repository.RunAsync(cancellationToken, "rev-parse", $"{commit}^{{tree}}").ConfigureAwait(false)).Line;

    private bool IsPlain(string line)
    {
        string[] ids = line.Split(' ', 3);
        string said = line[(line.IndexOf('\t') + 1)..];
        return ids.Length == 3
            && (
                ids[0] == ids[1]
                || (ids[0].All(c => c == '0') && ids[1] == info.BaseCommit)
                || said.StartsWith("commit: ", StringComparison.Ordinal)
                || (said.StartsWith("commit (amend): ", StringComparison.Ordinal) && ids[0] != info.BaseCommit)
            );
    }
}
