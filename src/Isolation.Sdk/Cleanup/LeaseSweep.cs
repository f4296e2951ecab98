using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Cleanup;

/// <summary>
/// One generic sweep for every provider, third-party ones too: reopen what a dead host noted, release it, forget the
/// lease. Records of landed work go too.
/// </summary>
internal sealed class LeaseSweep(
    LeaseStore leases,
    LandedRecords records,
    IWorkspaceProvider workspaces,
    IStateSandbox sandbox
)
{
    private const int MaxFiles = 20;

    public async Task<CleanPlan> PlanAsync(CancellationToken cancellationToken)
    {
        List<CleanItem> items = [];
        foreach (LeaseRecord record in leases.List().Where(r => !leases.IsAlive(r.Attempt)))
        {
            await DescribeAsync(record, items, cancellationToken).ConfigureAwait(false);
        }

        items.AddRange(await records.FindAsync(cancellationToken).ConfigureAwait(false));
        return new CleanPlan(items);
    }

    public async Task<CleanPlan> ApplyAsync(CleanPlan plan, CancellationToken cancellationToken)
    {
        List<CleanItem> done = [];
        foreach (LeaseRecord record in leases.List().Where(r => plan.Items.Any(i => i.Attempt == r.Attempt)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using AttemptLease? lease = leases.TryTakeOver(record);
            if (lease is null)
            {
                continue; // It came back to life, or someone else sweeps it.
            }

            IWorkspace? workspace = await workspaces.ReopenAsync(record, cancellationToken).ConfigureAwait(false);
            if (workspace is { IsQuarantined: true })
            {
                done.Add(Evidence(record, workspace));
                continue;
            }

            if (await sandbox.ReopenAsync(record, cancellationToken).ConfigureAwait(false) is { } state)
            {
                await state.ReleaseAsync(ReleaseMode.Remove, cancellationToken).ConfigureAwait(false);
                done.Add(State(record, state));
            }

            if (workspace is not null)
            {
                IReadOnlyList<string> unpinned = Unpinned(workspace);
                await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged, cancellationToken).ConfigureAwait(false);
                bool kept = Directory.Exists(workspace.Info.Path);
                done.Add(Workspace(record, workspace, kept) with { Unpinned = kept ? unpinned : [] });
                if (kept)
                {
                    continue;
                }
            }

            lease.Complete();
        }

        foreach (
            CleanItem landed in (await records.FindAsync(cancellationToken).ConfigureAwait(false)).IntersectBy(
                plan.Items.Select(i => (i.Attempt, i.What)),
                i => (i.Attempt, i.What)
            )
        )
        {
            await records.RemoveAsync(landed, cancellationToken).ConfigureAwait(false);
            done.Add(landed);
        }

        return new CleanPlan(done);
    }

    private static CleanItem Evidence(LeaseRecord record, IWorkspace workspace) =>
        new(
            record.Attempt,
            $"workspace {workspace.Info.Path}",
            CleanAction.Keep,
            "It is evidence: something was written there that its worker does not own, or by it elsewhere."
        );

    private static IReadOnlyList<string> Unpinned(IWorkspace workspace) => workspace.FindUnpinnedFiles(MaxFiles);

    private static CleanItem State(LeaseRecord record, IStateScope state) =>
        new(record.Attempt, $"state {state.Info.Home}", CleanAction.Remove, "No process holds it any more.");

    private static CleanItem Workspace(LeaseRecord record, IWorkspace workspace, bool kept) =>
        new(
            record.Attempt,
            $"workspace {workspace.Info.Path}",
            kept ? CleanAction.Keep : CleanAction.Remove,
            kept
                ? "It holds work that is pinned nowhere else."
                : "No process holds it any more, and its work is pinned."
        );

    private async Task DescribeAsync(LeaseRecord record, List<CleanItem> items, CancellationToken cancellationToken)
    {
        IWorkspace? workspace = await workspaces.ReopenAsync(record, cancellationToken).ConfigureAwait(false);
        if (workspace is { IsQuarantined: true })
        {
            items.Add(Evidence(record, workspace));
            return;
        }

        if (await sandbox.ReopenAsync(record, cancellationToken).ConfigureAwait(false) is { } state)
        {
            items.Add(State(record, state));
        }

        items.Add(
            workspace switch
            {
                null => new CleanItem(
                    record.Attempt,
                    "lease",
                    CleanAction.Remove,
                    "No process holds it any more, and nothing is left of what it noted."
                ),
                { IsPinned: { } pinned } => Workspace(record, workspace, kept: !pinned) with
                {
                    Unpinned = Unpinned(workspace),
                },
                _ => new CleanItem(
                    record.Attempt,
                    $"workspace {workspace.Info.Path}",
                    CleanAction.Remove,
                    "No process holds it any more; kept after all if it holds work that is pinned nowhere else."
                ),
            }
        );
    }
}
