using Isolation.Sdk.Git;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Scheduling;

// The merge queue of each target. The pipeline's own opens with the run, that of an item's own target with the first
// item that lands there.
internal sealed class TargetQueues(RunSession session, CancellationToken ending) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task<IMergeQueue>> _queues = new(StringComparer.Ordinal);

    public Task<IMergeQueue> OpenAsync(string target)
    {
        lock (_gate)
        {
            return
                _queues.TryGetValue(target, out Task<IMergeQueue>? known)
                && known is not { IsFaulted: true } and not { IsCanceled: true }
                ? known
                : _queues[target] = Task.Run(() => OpenNewAsync(target), CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Task<IMergeQueue> opening in _queues.Values)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (opening.IsCompletedSuccessfully)
            {
                await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<IMergeQueue> OpenNewAsync(string target)
    {
        MergeTarget place = new(session.Repository.Reference, RefNames.OfBranch(target));
        if (target != session.Plan.Settings.Target) // The audit has looked at that one.
        {
            IReadOnlyList<IsolationFault> faults = await FindFaultsAsync(target, place).ConfigureAwait(false);
            if (faults.Count > 0)
            {
                throw new IsolationConfigurationException(faults);
            }

            session.Workers.Guard.AddTarget(place.Ref);
        }

        return await session.Plan.Merging.OpenAsync(place, ending).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<IsolationFault>> FindFaultsAsync(string target, MergeTarget place)
    {
        if (
            !BranchName.IsTarget(target)
            || await session.Repository.TryResolveCommitAsync(place.Ref, ending).ConfigureAwait(false) is null
        )
        {
            return
            [
                new IsolationFault(
                    SchedulingCodes.BadTarget,
                    $"There is no branch '{IO.PlainText.SingleLine(target, 200)}' to land on.",
                    "Give item.Target the short name of a branch that exists."
                ),
            ];
        }

        List<IsolationFault> faults = [];
        foreach (IMergeStrategy strategy in session.Plan.Strategies)
        {
            faults.AddRange(await strategy.CheckAsync(place, ending).ConfigureAwait(false));
        }

        return [.. faults.Distinct()];
    }
}
