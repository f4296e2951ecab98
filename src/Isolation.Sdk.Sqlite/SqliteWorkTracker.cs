using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Sqlite;

/// <summary>
/// A tracker in a SQLite file, for several processes at once. Thread-safe. Every call is one transaction: it is on the
/// disk when the call returns, or nothing of it is.
/// </summary>
/// <remarks>
/// The rules are those of <see cref="WorkScheduler"/>. What another process changed is seen within 0.25 seconds.
/// Claims expire on the clock of whoever looks, so the machine's clock should not jump.
/// </remarks>
public sealed partial class SqliteWorkTracker : IWorkTracker, IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxWait = TimeSpan.FromDays(1); // A timer takes no more than 49 days.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly TimeProvider _time;
    private readonly TrackerDatabase _database;
    private readonly Lock _watching = new();
    private readonly List<Channel<TrackedItem>> _watchers = [];
    private TaskCompletionSource _changed = NewSignal();
    private WorkScheduler? _scheduler;
    private long _revision;

    /// <summary>Opens a tracker. The file is created when it is first used.</summary>
    /// <param name="path">
    /// The file, not on a network file system. SQLite keeps two more beside it, with <c>-wal</c> and <c>-shm</c> after
    /// its name.
    /// </param>
    /// <param name="time">The clock of claims and delays. <value>The system's.</value></param>
    public SqliteWorkTracker(string path, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _time = time ?? TimeProvider.System;
        _database = new TrackerDatabase(Path.GetFullPath(path));
    }

    /// <inheritdoc/>
    /// <exception cref="IsolationException">ISO0741 to ISO0743: the file cannot be used; nothing was
    /// changed.</exception>
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
            Task changed = Volatile.Read(ref _changed).Task;
            (TrackedItem? claim, bool exhausted, DateTimeOffset? due) = await ChangeAsync(
                    s => (s.Claim(request), s.IsExhausted, s.NextDue),
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (claim is not null || (exhausted && !request.WaitForItems))
            {
                return claim;
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
    /// <remarks>The stream ends when its token is cancelled: more items may always be added.</remarks>
    public async IAsyncEnumerable<TrackedItem> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        Channel<TrackedItem> watcher = Channel.CreateUnbounded<TrackedItem>();
        await ChangeAsync(
                s =>
                {
                    foreach (TrackedItem item in s.List())
                    {
                        watcher.Writer.TryWrite(item);
                    }

                    lock (_watching)
                    {
                        _watchers.Add(watcher);
                    }

                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        try
        {
            while (true)
            {
                while (watcher.Reader.TryRead(out TrackedItem? item))
                {
                    yield return item;
                }

                Task more = watcher.Reader.WaitToReadAsync(cancellationToken).AsTask();
                while (!more.IsCompleted)
                {
                    await PollAsync(more, due: null, cancellationToken).ConfigureAwait(false);
                }

                await more.ConfigureAwait(false);
            }
        }
        finally
        {
            lock (_watching)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(
        string item,
        CancellationToken cancellationToken = default
    ) => await Task.Run(() => _database.ReadHistory(item), cancellationToken).ConfigureAwait(false);

    /// <summary>Closes the file. A later call opens it again.</summary>
    public ValueTask DisposeAsync()
    {
        _database.Close();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<T> ChangeAsync<T>(Func<WorkScheduler, T> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // SQLite has no asynchronous calls, and a lock that another process holds can take a while.
            return await Task.Run(
                    () =>
                        Change(
                            (scheduler, transaction) =>
                            {
                                scheduler.Tick();
                                T result = change(scheduler);
                                (IReadOnlyList<TrackedItem> items, IReadOnlyList<HistoryEntry> history) =
                                    scheduler.TakeChanges();
                                transaction.Write(items, history);
                                return (result, items);
                            }
                        ),
                    CancellationToken.None
                )
                .ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    // Under the gate.
    private T Change<T>(Func<WorkScheduler, TrackerTransaction, (T Result, IReadOnlyList<TrackedItem> Items)> change)
    {
        IReadOnlyList<TrackedItem> foreign = [],
            own = [];
        long revision = _revision;
        T result;
        try
        {
            result = _database.Change(transaction =>
            {
                WorkScheduler scheduler = _scheduler ??= new WorkScheduler(_time);
                foreign = transaction.ReadSince(_revision);
                scheduler.Load(foreign);
                (T changed, own) = change(scheduler, transaction);
                revision = transaction.Revision;
                return changed;
            });
        }
        catch
        {
            // It is ahead of the file, which kept nothing of this.
            (_scheduler, _revision) = (null, 0);
            throw;
        }

        _revision = revision;
        Publish([.. foreign, .. own]);
        return result;
    }

    private void Publish(IReadOnlyList<TrackedItem> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        lock (_watching)
        {
            foreach (Channel<TrackedItem> watcher in _watchers)
            {
                foreach (TrackedItem item in items)
                {
                    watcher.Writer.TryWrite(item);
                }
            }
        }

        Interlocked.Exchange(ref _changed, NewSignal()).SetResult();
    }

    private async Task WaitAsync(Task changed, DateTimeOffset? due, CancellationToken cancellationToken)
    {
        while (!changed.IsCompleted && !(due <= _time.GetUtcNow()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await PollAsync(changed, due, cancellationToken).ConfigureAwait(false);
        }
    }

    // Waits a little, and takes in what other processes have changed.
    private async Task PollAsync(Task until, DateTimeOffset? due, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> waits = [until, Task.Delay(PollInterval, TimeProvider.System, stop.Token)];
        if (due is { } at)
        {
            long ticks = Math.Clamp((at - _time.GetUtcNow()).Ticks, 0, MaxWait.Ticks);
            waits.Add(Task.Delay(TimeSpan.FromTicks(ticks), _time, stop.Token));
        }

        bool polled = await Task.WhenAny(waits).ConfigureAwait(false) == waits[1];
        await stop.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (polled && await Task.Run(_database.ReadRevision, cancellationToken).ConfigureAwait(false) > _revision)
        {
            await ChangeAsync(_ => true, cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
