using Isolation.Sdk.Git;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Landing;

namespace Isolation.Sdk.Merging.Queueing;

/// <summary>What one queue knows: the refs as last read, the target's history, and the status that follows from both.</summary>
internal sealed class QueueView(QueueContext context, QueueStore store, StatusHub hub, QueueBell bell)
{
    private DateTimeOffset _read = DateTimeOffset.MinValue;
    private volatile bool _stale;
    private QueueNow? _mine;

    public QueueSnapshot Snapshot { get; private set; } = new(null, null, []);

    public TargetHistory History { get; } = new(context.Names);

    /// <summary>Says that this process itself changed something, or wants to know about something new.</summary>
    public void Stale() => _stale = true;

    /// <summary>Reads the refs again if there may be news; what landed or left meanwhile is published.</summary>
    public async Task RefreshAsync(bool force, CancellationToken cancellationToken)
    {
        bool rang = bell.HasRung() || _stale;
        _stale = false;
        if (!force && !rang && context.Time.GetUtcNow() - _read < QueueContext.ReadInterval)
        {
            return;
        }

        QueueSnapshot before = Snapshot;
        QueueSnapshot now = await store.ReadAsync(cancellationToken).ConfigureAwait(false);
        _read = context.Time.GetUtcNow();
        if (now.Target is not null && before.Target is not null && now.Target != before.Target)
        {
            await History.BetweenAsync(before.Target, now.Target, cancellationToken).ConfigureAwait(false);
        }

        Snapshot = now;
        await FindGoneAsync(cancellationToken).ConfigureAwait(false);
        await FindWantedAsync(cancellationToken).ConfigureAwait(false);
        Publish();
    }

    /// <summary>Takes over what this process itself changed, without reading it again.</summary>
    public void Apply(QueueSnapshot snapshot)
    {
        Snapshot = snapshot;
        Publish();
    }

    /// <summary>Says what the actor is at, to watchers here and, by a small file, elsewhere. <see langword="null"/>: nobody acts here any more.</summary>
    public void Doing(QueueNow? now)
    {
        string before = (_mine ?? Elsewhere()).ToJson();
        string text = (now ?? QueueNow.Nothing).ToJson();
        _mine = now;
        if (before != text)
        {
            AtomicFile.Write(context.Names.Now, System.Text.Encoding.UTF8.GetBytes(text));
            Publish();
            bell.Ring();
        }
    }

    /// <summary>Those that may go on now, in landing order.</summary>
    /// <param name="without">Leaves one out, as if it were gone, with what depends on it.</param>
    public List<QueueItem> Line(AttemptId? without = null) =>
        Reading(
                without is null
                    ? Snapshot
                    : Snapshot with
                    {
                        Items = [.. Snapshot.Items.Where(i => i.Attempt != without)],
                    }
            )
            .Line();

    public void Publish()
    {
        foreach ((_, MergeStatus status) in Reading().Statuses().ToArray())
        {
            hub.Publish(status);
        }
    }

    /// <summary>What an item's record means now.</summary>
    public MergeStatus StatusOf(QueueItem item) => Reading(Snapshot.With(item)).StatusOf(item);

    private QueueReading Reading(QueueSnapshot? snapshot = null) =>
        new(snapshot ?? Snapshot, _mine ?? Elsewhere(), a => History.Known(a) is not null, context.Policy);

    private QueueNow Elsewhere() => QueueNow.Read(context.Names);

    /// <summary>An attempt whose ref is gone has landed: the target's history says by which commit.</summary>
    private async Task FindGoneAsync(CancellationToken cancellationToken)
    {
        foreach (MergeStatus known in hub.Open().Where(s => Snapshot.Find(s.Attempt) is null))
        {
            // Refs are not read all at once: the item may be gone from a reading in which the target had not moved yet.
            string? target = Snapshot.Target is null
                ? null
                : await context
                    .Repository.TryResolveCommitAsync(context.Names.Target, cancellationToken)
                    .ConfigureAwait(false);
            TargetStep? step = target is null
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

    private async Task<TargetStep?> FindLandingAsync(
        AttemptId attempt,
        string target,
        CancellationToken cancellationToken
    )
    {
        if (target != Snapshot.Target)
        {
            await History.BetweenAsync(Snapshot.Target, target, cancellationToken).ConfigureAwait(false);
        }

        return await History.FindAsync(attempt, target, cancellationToken).ConfigureAwait(false);
    }

    private async Task FindWantedAsync(CancellationToken cancellationToken)
    {
        IEnumerable<AttemptId> unknown = hub.Wanted()
            .Concat(Snapshot.Items.Where(i => !i.IsTerminal).SelectMany(i => i.After))
            .Distinct();
        foreach (AttemptId attempt in unknown.Where(a => Snapshot.Find(a) is null && hub.Latest(a) is null).ToArray())
        {
            if (
                Snapshot.Target is { } target
                && await History.FindAsync(attempt, target, cancellationToken).ConfigureAwait(false) is { } step
            )
            {
                hub.Publish(new MergeStatus(attempt, MergeState.Landed) { LandedCommit = step.Commit });
            }
        }
    }
}
