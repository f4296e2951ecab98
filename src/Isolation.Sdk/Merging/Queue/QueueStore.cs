using System.Globalization;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>One ref an item, changed by compare-and-swap only.</summary>
internal sealed class QueueStore(QueueLayout names, TimeProvider time)
{
    private const int MaxFilesKept = 1000;

    private GitRepository Repository => names.Repository;

    public async Task<QueueState> ReadAsync(CancellationToken cancellationToken)
    {
        GitResult answer = await Repository
            .RunAsync(
                cancellationToken,
                "for-each-ref",
                "--format=" + QueueState.Format,
                names.Target,
                names.Pause,
                names.ItemsPrefix
            )
            .ConfigureAwait(false);
        return QueueState.Parse(answer.Output, names);
    }

    public async Task<QueueItem?> TryCreateAsync(
        MergeRequest request,
        MergePolicy policy,
        CancellationToken cancellationToken,
        Func<QueueItem, Task<QueueItem>>? prepare = null
    )
    {
        QueueItem item = new(
            request.Attempt,
            request.Capture.Commit,
            request.Capture.BaseCommit,
            await PlaceAsync(request.Attempt, cancellationToken).ConfigureAwait(false)
        )
        {
            Title = request.Title,
            Submitted = time.GetUtcNow(),
            Priority = request.Priority,
            DependsOn = request.DependsOn,
            Exclusive = request.Exclusive,
            FixesTarget = request.FixesTarget,
            Branch = request.Branch,
            Files = Paths(request.Capture.Files),
            NeedsApproval = policy.NeedsApproval,
            NeedsGate = policy.NeedsGate,
            Hold =
                request.Capture.Holds.Count == 0
                    ? null
                    : new ItemHold(MergeHoldReason.Approval, string.Join(' ', request.Capture.Holds)),
        };
        item = prepare is null ? item : await prepare(item).ConfigureAwait(false);
        item = await WriteAsync(item, cancellationToken).ConfigureAwait(false);
        return
            await Repository
                .UpdateDurablyAsync(
                    new RefTransaction().Create(names.Item(item.Attempt), item.Commit),
                    cancellationToken
                )
                .ConfigureAwait(false)
                is null
            ? item
            : null;
    }

    public async Task<QueueItem?> TryChangeAsync(QueueItem old, QueueItem changed, CancellationToken cancellationToken)
    {
        QueueItem item;
        try
        {
            item = await WriteAsync(changed, cancellationToken).ConfigureAwait(false);
        }
        catch (IsolationException)
        {
            // Nobody else may have to wait because this one's record cannot say what is wrong with it.
            item = await WriteUncheckedAsync(old, changed, cancellationToken).ConfigureAwait(false);
        }

        return
            await Repository
                .UpdateDurablyAsync(
                    new RefTransaction().Update(names.Item(item.Attempt), item.Commit, old.Commit),
                    cancellationToken
                )
                .ConfigureAwait(false)
                is null
            ? item
            : null;
    }

    public async Task<bool> TryPauseAsync(QueueState before, QueuePause? pause, CancellationToken cancellationToken)
    {
        if (pause is null)
        {
            return before.Pause is not { } present
                || await Repository
                    .UpdateDurablyAsync(new RefTransaction().Delete(names.Pause, present.Commit), cancellationToken)
                    .ConfigureAwait(false)
                    is null;
        }

        string commit = await Repository
            .CommitTreeAsync(names.Target + "^{tree}", [], pause.ToJson(), cancellationToken)
            .ConfigureAwait(false);
        RefTransaction change = before.Pause is { } old
            ? new RefTransaction().Update(names.Pause, commit, old.Commit)
            : new RefTransaction().Create(names.Pause, commit);
        return await Repository.UpdateDurablyAsync(change, cancellationToken).ConfigureAwait(false) is null;
    }

    public async Task PauseAsync(QueuePause? pause, CancellationToken cancellationToken)
    {
        while (
            !await TryPauseAsync(await ReadAsync(cancellationToken).ConfigureAwait(false), pause, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void StartSequenceAfter(QueueState snapshot)
    {
        if (!File.Exists(names.Sequence) && snapshot.Items.Count > 0)
        {
            AtomicFile.Write(
                names.Sequence,
                System.Text.Encoding.ASCII.GetBytes($"{snapshot.Items.Max(i => i.Sequence)}")
            );
        }
    }

    private async Task<QueueItem> WriteAsync(QueueItem item, CancellationToken cancellationToken) =>
        item with
        {
            Commit = await Repository
                .CommitTreeAsync(item.Head + "^{tree}", [item.Head], item.ToJson(), cancellationToken)
                .ConfigureAwait(false),
        };

    // Without a look at the head and the tree that it names.
    private async Task<QueueItem> WriteUncheckedAsync(
        QueueItem old,
        QueueItem changed,
        CancellationToken cancellationToken
    )
    {
        string before = (
            await Repository.RunAsync(cancellationToken, "cat-file", "commit", old.Commit).ConfigureAwait(false)
        ).Output;
        string header = before[..(before.IndexOf("\n\n", StringComparison.Ordinal) + 2)];
        return changed with
        {
            Commit = await Repository
                .WriteObjectAsync(
                    header + changed.ToJson() + "\n",
                    cancellationToken,
                    ["hash-object", "-w", "-t", "commit", "--stdin"]
                )
                .ConfigureAwait(false),
        };
    }

    private async Task<long> PlaceAsync(AttemptId attempt, CancellationToken cancellationToken)
    {
        QueueItem? before =
            attempt.Number > 1
                ? (await ReadAsync(cancellationToken).ConfigureAwait(false))
                    .Items.Where(i => i.Attempt.Item == attempt.Item)
                    .MinBy(i => i.Sequence)
                : null;
        return before?.Sequence ?? await NextSequenceAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<long> NextSequenceAsync(CancellationToken cancellationToken)
    {
        using OsFileLock held = await OsFileLock
            .AcquireAsync(names.Sequence + ".lock", time, cancellationToken)
            .ConfigureAwait(false);
        long last =
            File.Exists(names.Sequence)
            && long.TryParse(
                await File.ReadAllTextAsync(names.Sequence, cancellationToken).ConfigureAwait(false),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out long n
            )
                ? n
                : 0;
        AtomicFile.Write(names.Sequence, System.Text.Encoding.ASCII.GetBytes($"{last + 1}"));
        return last + 1;
    }

    private static List<string>? Paths(IReadOnlyList<Workspaces.FileChange> files)
    {
        List<string> paths =
        [
            .. files.SelectMany(f => f.OldPath is null ? [f.Path] : new[] { f.OldPath, f.Path }).Distinct(),
        ];
        return paths.Count is 0 or > MaxFilesKept ? null : paths;
    }
}
