using Isolation.Sdk.Git;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>What one queue knows: the refs as last read, the target's history, and the status that follows from both.</summary>
internal sealed class QueueMonitor(QueueContext context, QueueStore store, StatusBroadcaster hub, QueueChangeFile bell)
{
    private DateTimeOffset _read = DateTimeOffset.MinValue;
    private volatile bool _stale;
    private QueueActivity? _mine;

    public QueueState State { get; private set; } = new(null, null, []);

    public TargetHistory History { get; } = new(context.Names);

    /// <summary>Says that this process itself changed something, or wants to know about something new.</summary>
    public void Invalidate() => _stale = true;

    /// <summary>Reads the refs again if there may be news; what landed or left meanwhile is published.</summary>
    public async Task RefreshAsync(bool force, CancellationToken cancellationToken)
    {
        bool rang = bell.HasChanged() || _stale;
        _stale = false;
        if (!force && !rang && context.Time.GetUtcNow() - _read < QueueContext.ReadInterval)
        {
            return;
        }

        QueueState before = State;
        QueueState now = await store.ReadAsync(cancellationToken).ConfigureAwait(false);
        _read = context.Time.GetUtcNow();
        if (now.Target is not null && before.Target is not null && now.Target != before.Target)
        {
            await History.BetweenAsync(before.Target, now.Target, cancellationToken).ConfigureAwait(false);
        }

        State = now;
        await FindGoneAsync(cancellationToken).ConfigureAwait(false);
        await FindWantedAsync(cancellationToken).ConfigureAwait(false);
        Publish();
    }

    /// <summary>Takes over what this process itself changed, without reading it again.</summary>
    public void Apply(QueueState snapshot)
    {
        State = snapshot;
        Publish();
    }

    /// <summary>Says what the actor is at, to watchers here and, by a small file, elsewhere. <see langword="null"/>: nobody acts here any more.</summary>
    public void SetActivity(QueueActivity? now)
    {
        string before = (_mine ?? Elsewhere()).ToJson();
        string text = (now ?? QueueActivity.None).ToJson();
        _mine = now;
        if (before != text)
        {
            AtomicFile.Write(context.Names.ActivityFile, System.Text.Encoding.UTF8.GetBytes(text));
            Publish();
            bell.Signal();
        }
    }

    /// <summary>Those that may go on now, in landing order.</summary>
    /// <param name="without">Leaves one out, as if it were gone, with what depends on it.</param>
    public List<QueueItem> Line(AttemptId? without = null) =>
        Reading(without is null ? State : State with { Items = [.. State.Items.Where(i => i.Attempt != without)] })
            .Line();

    public void Publish()
    {
        foreach ((_, MergeStatus status) in Reading().Statuses().ToArray())
        {
            hub.Publish(status);
        }
    }

    /// <summary>What an item's record means now.</summary>
    public MergeStatus StatusOf(QueueItem item) => Reading(State.With(item)).StatusOf(item);

    private QueueStatusProjection Reading(QueueState? snapshot = null) =>
        new(snapshot ?? State, _mine ?? Elsewhere(), a => History.Known(a) is not null, context.Policy);

    private QueueActivity Elsewhere() => QueueActivity.Read(context.Names);

    /// <summary>An attempt whose ref is gone has landed: the target's history says by which commit.</summary>
    private async Task FindGoneAsync(CancellationToken cancellationToken)
    {
        foreach (MergeStatus known in hub.Open().Where(s => State.Find(s.Attempt) is null))
        {
            // Refs are not read all at once: the item may be gone from a reading in which the target had not moved yet.
            string? target = State.Target is null
                ? null
                : await context
                    .Repository.TryResolveCommitAsync(context.Names.Target, cancellationToken)
                    .ConfigureAwait(false);
            TargetCommit? step = target is null
                ? null
                : await FindLandingAsync(known.Attempt, target, cancellationToken).ConfigureAwait(false);
            hub.Publish(
                step is not null
                    ? new MergeStatus(known.Attempt, MergeState.Landed) { LandedCommit = step.Commit }
                    : new MergeStatus(known.Attempt, MergeState.Cancelled)
                    {
                        Reason = "Its ref in the queue was deleted.",
                    }
            );
        }
    }

    private async Task<TargetCommit?> FindLandingAsync(
        AttemptId attempt,
        string target,
        CancellationToken cancellationToken
    )
    {
        if (target != State.Target)
        {
            await History.BetweenAsync(State.Target, target, cancellationToken).ConfigureAwait(false);
        }

        return await History.FindAsync(attempt, target, cancellationToken).ConfigureAwait(false);
    }

    private async Task FindWantedAsync(CancellationToken cancellationToken)
    {
        IEnumerable<AttemptId> unknown = hub.Watched()
            .Concat(State.Items.Where(i => !i.IsTerminal).SelectMany(i => i.DependsOn))
            .Distinct();
        foreach (AttemptId attempt in unknown.Where(a => State.Find(a) is null && hub.Latest(a) is null).ToArray())
        {
            if (
                State.Target is { } target
                && await History.FindAsync(attempt, target, cancellationToken).ConfigureAwait(false) is { } step
            )
            {
                hub.Publish(new MergeStatus(attempt, MergeState.Landed) { LandedCommit = step.Commit });
            }
        }
    }
}
