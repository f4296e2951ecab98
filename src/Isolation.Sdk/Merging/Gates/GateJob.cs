using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

/// <summary>Runs the gate once, in one slot and in a state scope of its own. When it returns, nothing the gate started is alive.</summary>
internal sealed class GateJob(
    QueueContext context,
    LeaseStore leases,
    GateWorktree slot,
    QueueCandidate run,
    AttemptId name
)
{
    private readonly GateParts _parts = new(context, slot, run, name);

    /// <summary>Whether code of the host would not end and still uses the slot.</summary>
    public bool LostSlot => _parts.Lost;

    public async Task<GateResult> RunAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        GateResult result = new(GateVerdict.Infra, run.Tree, TimeSpan.Zero);
        try
        {
            WorkspaceInfo workspace = await slot.MoveToAsync(run.Commit, cancellationToken).ConfigureAwait(false);
            GateRefs refs = new(context);
            result = await InScopeAsync(workspace, most, cancellationToken).ConfigureAwait(false);
            return await CheckAsync(result with { MovedRefs = refs.FindMoved() }, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is IsolationException or IOException or UnauthorizedAccessException)
        {
            // Also when only the clean-up failed: a gate that cannot be cleaned up after is not to be trusted.
            GateLogMessages.NotRun(context.Logger, run.Name, e);
            return result with { Verdict = GateVerdict.Infra, Reason = e.Message };
        }
    }

    private async Task<GateResult> InScopeAsync(
        WorkspaceInfo workspace,
        TimeSpan most,
        CancellationToken cancellationToken
    )
    {
        using AttemptLease lease = leases.Create(name);
        IStateScope scope = await context
            .Sandbox!.OpenAsync(new StateRequest(lease, context.Repository.Reference, workspace), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            return await _parts.RunAsync(scope, most, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await scope.ReleaseAsync(ReleaseMode.Remove, CancellationToken.None).ConfigureAwait(false);
            lease.Complete();
            await _parts.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What the gate did beside answering.</summary>
    private async Task<GateResult> CheckAsync(GateResult result, CancellationToken cancellationToken)
    {
        string candidate = run.Name;
        string[] changed =
        [
            .. _parts.Changed.Union(
                LostSlot ? [] : await slot.FindChangedAsync(run.Commit, cancellationToken).ConfigureAwait(false),
                StringComparer.Ordinal
            ),
        ];
        if (changed.Length > 0)
        {
            GateLogMessages.FilesChanged(context.Logger, candidate, changed.Length, changed[0]);
        }

        if (result.MovedRefs.Count > 0)
        {
            GateLogMessages.RefsMoved(context.Logger, candidate, string.Join(", ", result.MovedRefs));
        }

        if (slot.FindTampering() is { } broken)
        {
            GateLogMessages.SlotReplaced(context.Logger, candidate, broken);
            await slot.RemoveAsync(cancellationToken).ConfigureAwait(false);
        }

        return result with
        {
            ChangedFiles = changed,
        };
    }
}
