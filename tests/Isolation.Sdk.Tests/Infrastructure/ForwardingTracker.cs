using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A tracker that only forwards. What derives from it does one thing differently.</summary>
internal class ForwardingTracker(IWorkTracker inner) : IWorkTracker
{
    public IWorkTracker Inner => inner;

    public virtual ValueTask<IReadOnlyList<WorkItemResult>> AddAsync(
        IReadOnlyCollection<WorkItem> items,
        CancellationToken cancellationToken = default
    ) => inner.AddAsync(items, cancellationToken);

    public virtual ValueTask<TrackedItem?> ClaimAsync(
        ClaimRequest request,
        CancellationToken cancellationToken = default
    ) => inner.ClaimAsync(request, cancellationToken);

    public virtual ValueTask<bool> BeginAsync(
        TrackedItem claim,
        AttemptId attempt,
        CancellationToken cancellationToken = default
    ) => inner.BeginAsync(claim, attempt, cancellationToken);

    public virtual ValueTask<bool> RenewAsync(TrackedItem claim, CancellationToken cancellationToken = default) =>
        inner.RenewAsync(claim, cancellationToken);

    public virtual ValueTask<TrackedItem?> SettleAsync(
        TrackedItem claim,
        Settlement settlement,
        CancellationToken cancellationToken = default
    ) => inner.SettleAsync(claim, settlement, cancellationToken);

    public virtual ValueTask AppendAsync(HistoryEntry entry, CancellationToken cancellationToken = default) =>
        inner.AppendAsync(entry, cancellationToken);

    public virtual ValueTask<bool> ResumeAsync(string item, CancellationToken cancellationToken = default) =>
        inner.ResumeAsync(item, cancellationToken);

    public virtual ValueTask<bool> CancelAsync(
        string item,
        string reason,
        CancellationToken cancellationToken = default
    ) => inner.CancelAsync(item, reason, cancellationToken);

    public virtual ValueTask<IsolationFault?> EditAsync(WorkItem item, CancellationToken cancellationToken = default) =>
        inner.EditAsync(item, cancellationToken);

    public virtual ValueTask<bool> ReopenAsync(string item, CancellationToken cancellationToken = default) =>
        inner.ReopenAsync(item, cancellationToken);

    public virtual ValueTask<IReadOnlyList<TrackedItem>> ListAsync(CancellationToken cancellationToken = default) =>
        inner.ListAsync(cancellationToken);

    public virtual IAsyncEnumerable<TrackedItem> WatchAsync(CancellationToken cancellationToken = default) =>
        inner.WatchAsync(cancellationToken);

    public virtual ValueTask<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(
        string item,
        CancellationToken cancellationToken = default
    ) => inner.ReadHistoryAsync(item, cancellationToken);
}
