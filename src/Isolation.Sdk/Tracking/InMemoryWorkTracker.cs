using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Isolation.Sdk.Tracking;

/// <summary>
/// A tracker for one process. Items go out by priority, highest first, then in the order in which they were added.
/// Thread-safe.
/// </summary>
public sealed class InMemoryWorkTracker : IWorkTracker
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(1); // A timer takes no more than 49 days.
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly WorkScheduler _scheduler;
    private readonly Dictionary<string, List<HistoryEntry>> _history = new(StringComparer.Ordinal);
    private readonly List<Channel<TrackedItem>> _watchers = [];
    private readonly ChangeSignal _changed = new();

    /// <summary>Creates an empty tracker. Claims wait for items until <see cref="Complete"/>.</summary>
    /// <param name="time">The clock. <value>The system's.</value></param>
    public InMemoryWorkTracker(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _scheduler = new WorkScheduler(_time);
    }

    /// <summary>Creates a tracker for a finite set of items; it is complete from the start.</summary>
    /// <param name="items">The items.</param>
    /// <param name="time">The clock. <value>The system's.</value></param>
    /// <exception cref="IsolationConfigurationException">ISO0701 to ISO0709: everything that is wrong with the
    /// items.</exception>
    public InMemoryWorkTracker(IEnumerable<WorkItem> items, TimeProvider? time = null)
        : this(time)
    {
        WorkItem[] all = [.. items];
        if (WorkGraph.Check(all) is { Count: > 0 } faults)
        {
            throw new IsolationConfigurationException(faults);
        }

        Change(s => s.Add(all));
        Complete();
    }

    /// <summary>Takes no more items. What waits for an item that was never added is skipped.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _scheduler.Complete();
            Publish(wake: true);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<WorkItemResult>> AddAsync(
        IReadOnlyCollection<WorkItem> items,
        CancellationToken cancellationToken = default
    ) => ChangeAsync(s => s.Add(items), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<TrackedItem?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentException.ThrowIfNullOrEmpty(request.Owner, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(request.Lease, TimeSpan.Zero, nameof(request));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task changed;
            DateTimeOffset? due;
            lock (_gate)
            {
                if (_scheduler.Claim(request) is { } claim)
                {
                    Publish();
                    return claim;
                }

                bool ended = _scheduler.IsExhausted && (_scheduler.IsComplete || !request.WaitForItems);
                Publish(wake: ended); // Others may wait for the same answer, on a clock that stands still.
                if (ended)
                {
                    return null;
                }

                changed = _changed.Next;
                due = _scheduler.NextDue;
            }

            await WaitAsync(changed, due, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> BeginAsync(
        TrackedItem claim,
        AttemptId attempt,
        CancellationToken cancellationToken = default
    ) => ChangeAsync(s => s.Begin(claim, attempt), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(TrackedItem claim, CancellationToken cancellationToken = default) =>
        ChangeAsync(s => s.Renew(claim), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<TrackedItem?> SettleAsync(
        TrackedItem claim,
        Settlement settlement,
        CancellationToken cancellationToken = default
    ) => ChangeAsync(s => s.Settle(claim, settlement), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default) =>
        await ChangeAsync(
                s =>
                {
                    s.Append(entry);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<bool> ResumeAsync(string item, CancellationToken cancellationToken = default) =>
        ChangeAsync(s => s.Resume(item), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> CancelAsync(string item, string reason, CancellationToken cancellationToken = default) =>
        ChangeAsync(s => s.Cancel(item, reason), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IsolationFault?> EditAsync(WorkItem item, CancellationToken cancellationToken = default) =>
        ChangeAsync(s => s.Edit(item), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> ReopenAsync(string item, CancellationToken cancellationToken = default) =>
        ChangeAsync(s => s.Reopen(item), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TrackedItem>> ListAsync(CancellationToken cancellationToken = default) =>
        ChangeAsync(s => s.List(), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The stream ends when the tracker is complete and every item is closed.</remarks>
    public async IAsyncEnumerable<TrackedItem> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        Channel<TrackedItem> watcher = Channel.CreateUnbounded<TrackedItem>();
        lock (_gate)
        {
            Publish();
            foreach (TrackedItem item in _scheduler.List())
            {
                watcher.Writer.TryWrite(item);
            }

            _watchers.Add(watcher);
            Publish();
        }

        try
        {
            await foreach (TrackedItem item in watcher.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return item;
            }
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(
        string item,
        CancellationToken cancellationToken = default
    ) =>
        ChangeAsync<IReadOnlyList<HistoryEntry>>(
            _ => _history.TryGetValue(item, out List<HistoryEntry>? lines) ? [.. lines] : [],
            cancellationToken
        );

    private async Task WaitAsync(Task changed, DateTimeOffset? due, CancellationToken cancellationToken)
    {
        if (due is null)
        {
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task delay = Task.Delay(
            TimeSpan.FromTicks(Math.Clamp((due.Value - _time.GetUtcNow()).Ticks, 0, MaxWait.Ticks)),
            _time,
            stop.Token
        );
        await Task.WhenAny(changed, delay).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
    }

    private ValueTask<T> ChangeAsync<T>(Func<WorkScheduler, T> change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Change(change));
    }

    private T Change<T>(Func<WorkScheduler, T> change)
    {
        lock (_gate)
        {
            try
            {
                _scheduler.Tick();
                return change(_scheduler);
            }
            finally
            {
                Publish();
            }
        }
    }

    private void Publish(bool wake = false)
    {
        (IReadOnlyList<TrackedItem> items, IReadOnlyList<HistoryEntry> history) = _scheduler.TakeChanges();
        foreach (HistoryEntry line in history)
        {
            (_history.TryGetValue(line.Item, out List<HistoryEntry>? lines) ? lines : _history[line.Item] = []).Add(
                line
            );
        }

        foreach (Channel<TrackedItem> watcher in _watchers)
        {
            foreach (TrackedItem item in items)
            {
                watcher.Writer.TryWrite(item);
            }

            if (_scheduler.IsFinished)
            {
                watcher.Writer.TryComplete();
            }
        }

        if (wake || items.Count > 0)
        {
            _changed.Set();
        }
    }
}
