using System.Runtime.CompilerServices;
using System.Text.Json;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A tracker over rows of JSON, as one over a database is: for each call it loads what it stored into a new
/// scheduler, and stores what that changed. Several of them share the rows, as several processes do.</summary>
internal sealed class RowTracker : IWorkTracker
{
    private readonly TimeProvider _time;
    private readonly Rows _rows;

    public RowTracker(TimeProvider time)
        : this(time, new Rows()) { }

    private RowTracker(TimeProvider time, Rows rows)
    {
        _time = time;
        _rows = rows;
    }

    /// <summary>The same rows, as another process sees them.</summary>
    public RowTracker Reopen() => new(_time, _rows);

    public ValueTask<IReadOnlyList<WorkItemResult>> AddAsync(
        IReadOnlyCollection<WorkItem> items,
        CancellationToken cancellationToken = default
    ) => new(Call(s => s.Add(items)));

    public async ValueTask<TrackedItem?> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (TrackedItem? claim, bool exhausted) = Call(s => (s.Claim(request), s.IsExhausted));
            if (claim is not null || (exhausted && !request.WaitForItems))
            {
                return claim;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        }
    }

    public ValueTask<bool> BeginAsync(
        TrackedItem claim,
        AttemptId attempt,
        CancellationToken cancellationToken = default
    ) => new(Call(s => s.Begin(claim, attempt)));

    public ValueTask<bool> RenewAsync(TrackedItem claim, CancellationToken cancellationToken = default) =>
        new(Call(s => s.Renew(claim)));

    public ValueTask<TrackedItem?> SettleAsync(
        TrackedItem claim,
        Settlement settlement,
        CancellationToken cancellationToken = default
    ) => new(Call(s => s.Settle(claim, settlement)));

    public ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default)
    {
        Call(s =>
        {
            s.Append(entry);
            return true;
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> ResumeAsync(string item, CancellationToken cancellationToken = default) =>
        new(Call(s => s.Resume(item)));

    public ValueTask<bool> CancelAsync(string item, string reason, CancellationToken cancellationToken = default) =>
        new(Call(s => s.Cancel(item, reason)));

    public ValueTask<IReadOnlyList<TrackedItem>> ListAsync(CancellationToken cancellationToken = default) =>
        new(Call(s => s.List()));

    public async IAsyncEnumerable<TrackedItem> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        Dictionary<string, string> seen = [];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (TrackedItem item in await ListAsync(cancellationToken))
            {
                string row = JsonSerializer.Serialize(item);
                if (seen.GetValueOrDefault(item.Item.Id) != row)
                {
                    seen[item.Item.Id] = row;
                    yield return item;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(
        string item,
        CancellationToken cancellationToken = default
    )
    {
        lock (_rows)
        {
            return new([
                .. _rows.History.Select(h => JsonSerializer.Deserialize<HistoryEntry>(h)!).Where(h => h.Item == item),
            ]);
        }
    }

    private T Call<T>(Func<WorkScheduler, T> call)
    {
        lock (_rows)
        {
            WorkScheduler scheduler = new(_time);
            scheduler.Load(_rows.Items.Values.Select(r => JsonSerializer.Deserialize<TrackedItem>(r)!));
            scheduler.Tick();
            T answer = call(scheduler);
            (IReadOnlyList<TrackedItem> items, IReadOnlyList<HistoryEntry> history) = scheduler.TakeChanges();
            foreach (TrackedItem item in items)
            {
                _rows.Items[item.Item.Id] = JsonSerializer.Serialize(item);
            }

            _rows.History.AddRange(history.Select(h => JsonSerializer.Serialize(h)));
            return answer;
        }
    }

    private sealed class Rows
    {
        public Dictionary<string, string> Items { get; } = [];

        public List<string> History { get; } = [];
    }
}
