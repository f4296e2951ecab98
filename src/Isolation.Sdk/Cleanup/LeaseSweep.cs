using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Cleanup;

// One generic sweep for every provider, third-party ones too: reopen what a dead host noted, release it, forget the
// lease. Records of landed work go too.
internal sealed class LeaseSweep(
    LeaseStore leases,
    LandedRecords records,
    IWorkspaceProvider workspaces,
    IStateSandbox sandbox
)
{
    private const int MaxFiles = 20;

    public async Task<IReadOnlyList<CleanItem>> PlanAsync(CancellationToken cancellationToken)
    {
        List<CleanItem> items = [];
        foreach (LeaseRecord record in leases.List().Where(r => !leases.IsAlive(r.Attempt)))
        {
            await SweepAsync(record, apply: false, items, cancellationToken).ConfigureAwait(false);
        }

        items.AddRange(await records.FindAsync(cancellationToken).ConfigureAwait(false));
        return items;
    }

    public async Task<IReadOnlyList<CleanItem>> ApplyAsync(
        IReadOnlyList<CleanItem> plan,
        CancellationToken cancellationToken
    )
    {
        List<CleanItem> done = [];
        foreach (LeaseRecord record in leases.List().Where(r => plan.Any(i => i.Attempt == r.Attempt)))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // null: it came back to life, or someone else sweeps it.
            using AttemptLease? lease = leases.TryTakeOver(record);
            if (
                lease is not null
                && await SweepAsync(record, apply: true, done, cancellationToken).ConfigureAwait(false)
            )
            {
                lease.Complete();
            }
        }

        IReadOnlyList<CleanItem> landed = await records.FindAsync(cancellationToken).ConfigureAwait(false);
        foreach (CleanItem item in landed.Where(l => plan.Any(i => (i.Attempt, i.What) == (l.Attempt, l.What))))
        {
            await records.RemoveAsync(item, cancellationToken).ConfigureAwait(false);
            done.Add(item);
        }

        return done;
    }

    // Whether nothing is left that the lease would have to name.
    private async Task<bool> SweepAsync(
        LeaseRecord record,
        bool apply,
        List<CleanItem> items,
        CancellationToken cancellationToken
    )
    {
        void Add(string what, bool isKept, string why, IReadOnlyList<string>? unpinned = null) =>
            items.Add(new CleanItem(record.Attempt, what, isKept, why) { Unpinned = unpinned ?? [] });

        IWorkspace? workspace = await workspaces.ReopenAsync(record, cancellationToken).ConfigureAwait(false);
        string what = $"workspace {workspace?.Info.Path}";
        if (workspace is { IsQuarantined: true })
        {
            Add(
                what,
                true,
                "It is evidence: something was written there that its worker does not own, or by it elsewhere."
            );
            return false;
        }

        if (await sandbox.ReopenAsync(record, cancellationToken).ConfigureAwait(false) is { } state)
        {
            if (apply)
            {
                await state.ReleaseAsync(ReleaseMode.Remove, cancellationToken).ConfigureAwait(false);
            }

            Add($"state {state.Info.Home}", false, "No process holds it any more.");
        }

        if (workspace is null)
        {
            if (!apply)
            {
                Add("lease", false, "No process holds it any more, and nothing is left of what it noted.");
            }

            return true;
        }

        bool? kept = !workspace.IsPinned;
        IReadOnlyList<string> unpinned = workspace.FindUnpinnedFiles(MaxFiles);
        if (apply)
        {
            await workspace.ReleaseAsync(ReleaseMode.KeepIfUnmerged, cancellationToken).ConfigureAwait(false);
            kept = Directory.Exists(workspace.Info.Path);
        }

        Add(
            what,
            kept == true,
            kept switch
            {
                true => "It holds work that is pinned nowhere else.",
                false => "No process holds it any more, and its work is pinned.",
                null => "No process holds it any more; kept after all if it holds work that is pinned nowhere else.",
            },
            kept == false && apply ? [] : unpinned
        );
        return kept != true;
    }
}
