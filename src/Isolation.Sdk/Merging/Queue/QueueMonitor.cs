using System.Text;
using System.Threading.Channels;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

internal sealed class QueueMonitor(
    QueueContext context,
    QueueStore store,
    StatusBroadcaster statuses,
    QueueChangeFile changes
)
{
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private DateTimeOffset _read = DateTimeOffset.MinValue;
    private volatile bool _stale;
    private QueueActivity? _own;

    public QueueState State { get; private set; } = QueueState.Empty;

    public TargetHistory History { get; } = new(context.Names);

    public void Invalidate()
    {
        _stale = true;
        _signals.Writer.TryWrite(true);
    }

    // For a signal, for one of these to end, or for so long. It never throws.
    public async Task WaitAsync(TimeSpan pause, IEnumerable<Task> either, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task signalled = _signals.Reader.ReadAsync(ended.Token).AsTask();
        Task slept = Task.Delay(pause, context.Time, ended.Token);
        await Task.WhenAny([signalled, slept, .. either]).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(signalled, slept).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task RefreshAsync(bool force, CancellationToken cancellationToken)
    {
        bool changed = changes.HasChanged() || _stale;
        _stale = false;
        if (!force && !changed && context.Time.GetUtcNow() - _read < QueueContext.ReadInterval)
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

        State = now with { Activity = _own ?? QueueActivity.Read(context.Names) };
        await FindGoneAsync(cancellationToken).ConfigureAwait(false);
        await FindWatchedAsync(cancellationToken).ConfigureAwait(false);
        Publish();
    }

    public void Apply(QueueState state)
    {
        State = state;
        Publish();
    }

    public void SetActivity(QueueActivity? activity)
    {
        string before = (_own ?? QueueActivity.Read(context.Names)).ToJson();
        string text = (activity ?? QueueActivity.None).ToJson();
        _own = activity;
        State = State with { Activity = activity ?? QueueActivity.None };
        if (before != text)
        {
            AtomicFile.Write(context.Names.ActivityFile, Encoding.UTF8.GetBytes(text));
            Publish();
            changes.Signal();
        }
    }

    public List<QueueItem> Line(AttemptId? without = null) =>
        Project(without is { } gone ? State.Without(gone) : State).Line;

    public void Publish()
    {
        foreach ((_, MergeStatus status) in Project(State).Statuses())
        {
            statuses.Publish(status);
        }
    }

    public MergeStatus StatusOf(QueueItem item) => Project(State.With(item)).StatusOf(item);

    private QueueStatusProjection Project(QueueState state) =>
        new(state, a => History.Known(a) is not null, context.Policy);

    private async Task FindGoneAsync(CancellationToken cancellationToken)
    {
        foreach (AttemptId attempt in statuses.Open().Where(a => State.Find(a) is null))
        {
            TargetCommit? landing = await History
                .FindAfterAsync(attempt, State.Target, cancellationToken)
                .ConfigureAwait(false);
            statuses.Publish(
                landing is not null
                    ? MergeStatus.LandedAs(attempt, landing.Commit)
                    : new MergeStatus(attempt, MergeState.Cancelled) { Reason = "Its ref in the queue was deleted." }
            );
        }
    }

    private async Task FindWatchedAsync(CancellationToken cancellationToken)
    {
        IEnumerable<AttemptId> unknown = statuses
            .Watched()
            .Concat(State.Open.SelectMany(i => i.DependsOn))
            .Distinct()
            .Where(a => State.Find(a) is null && statuses.Latest(a) is null);
        foreach (AttemptId attempt in unknown.ToArray())
        {
            if (
                State.Target is { } target
                && await History.FindAsync(attempt, target, cancellationToken).ConfigureAwait(false) is { } landing
            )
            {
                statuses.Publish(MergeStatus.LandedAs(attempt, landing.Commit));
            }
        }
    }
}
