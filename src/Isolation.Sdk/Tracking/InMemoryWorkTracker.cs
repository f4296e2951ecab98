using System.Runtime.CompilerServices;

namespace Isolation.Sdk.Tracking;

/// <summary>A tracker for one process. An item is ready when everything it is blocked by has landed; when a blocker ends otherwise, the item is skipped with the reason.</summary>
/// <remarks>Ready items go out by priority, highest first, then in the order in which they were added. Thread-safe.</remarks>
public sealed class InMemoryWorkTracker : IWorkTracker
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(1); // A timer takes no more than 49 days; who wakes early looks again.
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly WorkScheduler _book;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Creates a tracker for a stream of items: <see cref="Add"/> them, then <see cref="Complete"/> it.</summary>
    /// <param name="time">The clock. <value>The system's.</value></param>
    public InMemoryWorkTracker(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _book = new WorkScheduler(_time);
    }

    /// <summary>Creates a tracker for a finite set of items; it is complete from the start.</summary>
    /// <param name="items">The items.</param>
    /// <param name="time">The clock. <value>The system's.</value></param>
    /// <exception cref="IsolationConfigurationException">ISO0701 to ISO0705: everything that <see cref="WorkGraph.Check"/> finds.</exception>
    public InMemoryWorkTracker(IEnumerable<WorkItem> items, TimeProvider? time = null)
        : this(time)
    {
        WorkItem[] all = [.. items];
        if (WorkGraph.Check(all) is { Count: > 0 } faults)
        {
            throw new IsolationConfigurationException(faults);
        }

        foreach (WorkItem item in all)
        {
            _book.Add(item);
        }

        _book.Complete();
    }

    /// <summary>Adds an item. A blocker that is not there yet may still be added, until <see cref="Complete"/>.</summary>
    /// <param name="item">The item.</param>
    /// <exception cref="IsolationException">ISO0701, ISO0702, ISO0703 or ISO0705: the item is not acceptable; ISO0706: the input is complete.</exception>
    public void Add(WorkItem item) => Change(() => _book.AddChecked(item));

    /// <summary>No more items will come. Items that wait for one that never came are skipped. A second call does nothing.</summary>
    public void Complete() => Change(_book.Complete);

    /// <summary>A suspended item goes on: it is ready, and the claim brings its resume token.</summary>
    /// <param name="item">The item's id.</param>
    /// <returns>false: it was not suspended.</returns>
    public bool Resume(string item) => Change(() => _book.Resume(item));

    /// <summary>An item's history so far, oldest first.</summary>
    /// <param name="item">The item's id.</param>
    /// <returns>A copy; empty for an unknown item.</returns>
    public IReadOnlyList<HistoryEntry> ReadHistory(string item)
    {
        lock (_gate)
        {
            return [.. _book.Find(item)?.History ?? []];
        }
    }

    /// <summary>Where every item stands, in the order in which they were added.</summary>
    public IReadOnlyList<TrackedItem> Snapshot()
    {
        lock (_gate)
        {
            _book.Tick();
            return _book.Snapshot();
        }
    }

    /// <summary>Every closing, from the first one on, also those of items that were skipped. Any number of watchers may watch.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>A stream that ends when the input is complete and every item is closed.</returns>
    public async IAsyncEnumerable<ItemClosed> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        for (int next = 0; ; next++)
        {
            ItemClosed? closed;
            while (true)
            {
                Task changed;
                lock (_gate)
                {
                    closed = next < _book.Closings.Count ? _book.Closings[next] : null;
                    if (closed is not null || _book.AllClosed)
                    {
                        break;
                    }

                    changed = _changed.Task;
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            if (closed is null)
            {
                yield break;
            }

            yield return closed;
        }
    }

    /// <inheritdoc/>
    /// <remarks><see langword="null"/> means: the input is complete, and no item is ready, delayed or claimed. Items may still be suspended, await their merge, or be blocked by such;
    /// when one of those is resumed or settled later, ask again.</remarks>
    public async ValueTask<WorkClaim?> ClaimAsync(
        string owner,
        TimeSpan lease,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task changed;
            DateTimeOffset? due;
            lock (_gate)
            {
                _book.Tick();
                if (_book.TryClaim(owner, lease) is { } claim)
                {
                    return claim;
                }

                if (_book.Exhausted)
                {
                    Signal(); // Others may be waiting for the same answer, on a clock that nobody turns any more.
                    return null;
                }

                changed = _changed.Task;
                due = _book.NextDue;
            }

            await WaitAsync(changed, due, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(WorkClaim claim, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(claim);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Change(() => _book.Renew(claim)));
    }

    /// <inheritdoc/>
    /// <remarks>After <see cref="Settlement.AwaitMerge"/> the claim stays good, without expiry, for one more settlement: what became of the merge.</remarks>
    public ValueTask<bool> SettleAsync(
        WorkClaim claim,
        Settlement settlement,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentNullException.ThrowIfNull(settlement);
        if (settlement is Settlement.Close { Outcome: ItemOutcome.AwaitingMerge or ItemOutcome.Suspended } open)
        {
            throw new ArgumentException(
                $"{open.Outcome} is no end; use the settlement of that name.",
                nameof(settlement)
            );
        }

        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Change(() => _book.Settle(claim, settlement)));
    }

    /// <inheritdoc/>
    /// <exception cref="IsolationException">ISO0707: there is no such item.</exception>
    public ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            TrackerEntry found = _book.Find(entry.Item)
                ?? throw new IsolationException(
                    TrackingCodes.UnknownItem,
                    $"There is no item '{entry.Item}' in the tracker.",
                    "Add it first."
                );
            found.History.Add(entry);
            if (entry.Attempt is { } attempt && attempt.Number > (found.Attempt?.Number ?? 0))
            {
                found.Attempt = attempt;
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Lets ready items pass those whose declared paths overlap with one under way, so often.</summary>
    internal void KeepApart(int mostPassedOver) => Change(() => _book.Order = new ClaimOrder(mostPassedOver));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

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

    private void Change(Action change) =>
        Change(() =>
        {
            change();
            return true;
        });

    private T Change<T>(Func<T> change)
    {
        lock (_gate)
        {
            try
            {
                _book.Tick();
                return change();
            }
            finally
            {
                Signal();
            }
        }
    }

    private void Signal()
    {
        TaskCompletionSource before = _changed;
        _changed = NewSignal();
        before.SetResult();
    }
}
