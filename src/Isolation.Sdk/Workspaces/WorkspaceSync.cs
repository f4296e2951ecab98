using Isolation.Sdk.Git;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Workspaces;

// The new commits are made beside the work tree; only when nothing collides does it move, in one checkout.
internal sealed class WorkspaceSync(GitRepository repository, WorkspaceInfo info, IStateScope scope)
{
    private const int MaxPaths = 200;

    private static readonly string[] HalfDone =
    [
        .. "rebase-merge rebase-apply sequencer MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD BISECT_LOG".Split(' '),
    ];

    public async Task<SyncResult> RunAsync(
        SyncMode mode,
        string revision,
        string name,
        CancellationToken cancellationToken
    )
    {
        ExecResult answer = await GitAsync(
                cancellationToken,
                [
                    .. (
                        "status --porcelain=v2 --branch -z --untracked-files=no --ignore-submodules=dirty "
                        + "--no-renames"
                    ).Split(' '),
                ]
            )
            .ConfigureAwait(false);
        if (answer.ExitCode != 0)
        {
            return Refused("", $"git cannot read the work tree: {Line(answer.Error)}");
        }

        GitStatus status = GitStatus.Parse(new GitResult(0, answer.Output, "").Fields);
        if (FindObstacle(status) is { } obstacle)
        {
            return obstacle;
        }

        string head = status.Head!;
        ExecResult named = await GitAsync(
                cancellationToken,
                [.. "rev-parse --verify --quiet --end-of-options".Split(' '), revision + "^{commit}"]
            )
            .ConfigureAwait(false);
        if (named.ExitCode != 0)
        {
            return Refused(head, $"'{revision}' means no commit in the workspace.");
        }

        string with = named.Output.Trim();
        ExecResult common = await GitAsync(cancellationToken, "merge-base", head, with).ConfigureAwait(false);
        if (common.ExitCode != 0)
        {
            return Refused(head, "The two have no commit in common.") with { With = with };
        }

        string fork = common.Output.Trim();
        if (fork == with)
        {
            return new SyncResult(SyncOutcome.UpToDate, head, head) { With = with };
        }

        using DetachedSync bench = new(repository, info, scope);
        (string? made, IReadOnlyList<string> collided) =
            fork == head
                ? (with, [])
                : await bench
                    .TryAsync(mode, head, with, $"Merge {name} into {info.Branch}", cancellationToken)
                    .ConfigureAwait(false);
        return made is null
            ? new SyncResult(SyncOutcome.Conflict, head, head)
            {
                With = with,
                Paths = [.. collided.Take(MaxPaths)],
                Reason = $"It collides in {collided.Count} {(collided.Count == 1 ? "file" : "files")}.",
            }
            : await MoveAsync(head, made, with, cancellationToken).ConfigureAwait(false);
    }

    private SyncResult? FindObstacle(GitStatus status)
    {
        string head = status.Head ?? "";
        if (HalfDone.FirstOrDefault(f => Path.Exists(Path.Combine(info.GitDirectory, f))) is { } half)
        {
            return Refused(head, $"Something is half done in the workspace ({half}): finish or abort it first.");
        }

        if (head.Length == 0 || info.Branch is null || status.Branch != info.Branch)
        {
            return Refused(
                head,
                $"HEAD is not on the worker's own branch{(info.Branch is null ? "" : $" '{info.Branch}'")}."
            );
        }

        return status.Tracked.Count == 0
            ? null
            : Refused(head, "There are uncommitted changes: commit them first.") with
            {
                Paths = [.. status.Tracked.Take(MaxPaths)],
            };
    }

    // What git does not track and would overwrite, ignored or not, stops it.
    private async Task<SyncResult> MoveAsync(string head, string made, string with, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ExecResult moved = await GitAsync(
                CancellationToken.None,
                [.. "checkout --quiet --no-overwrite-ignore --no-track -B".Split(' '), info.Branch!, made]
            )
            .ConfigureAwait(false);
        if (moved.ExitCode == 0)
        {
            return new SyncResult(SyncOutcome.Synced, head, made) { With = with };
        }

        string[] inTheWay = [.. moved.Error.Split('\n').Where(l => l.StartsWith('\t')).Select(l => l.Trim())];
        return Refused(
            head,
            inTheWay.Length > 0 ? "Files that git does not track are in the way." : Line(moved.Error)
        ) with
        {
            With = with,
            Paths = [.. inTheWay.Take(MaxPaths)],
        };
    }

    private static SyncResult Refused(string head, string reason) =>
        new(SyncOutcome.Refused, head, head) { Reason = reason };

    private static string Line(string error) => error.Trim().ReplaceLineEndings(" ");

    private Task<ExecResult> GitAsync(CancellationToken cancellationToken, params string[] arguments) =>
        scope.ExecAsync(
            new WorkerCommand("git", arguments)
            {
                Directory = info.Path,
                Environment = DetachedSync.BaseEnvironment(repository),
            },
            cancellationToken
        );
}
