using System.Globalization;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;
using Isolation.Sdk.Sandboxing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging.Gates;

/// <summary>Runs the gate on a merged tree, in a state scope of its own, and writes down what it said.</summary>
internal sealed class GateRunner(QueueContext context) : IAsyncDisposable
{
    private const int Killed = 128 + 9;
    private readonly GateSlot _slot = new(context);
    private readonly GateLog _log = new(context);
    private readonly LeaseStore _leases = new(context.Repository.CommonDirectory, context.Repository.Reference, context.Time);
    private int _number;

    private string LeaseItem => "gate:" + context.Names.ShortTarget;

    /// <summary>Ends and removes what the gate of a killed process left.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (LeaseRecord record in _leases.List().Where(r => r.Attempt.Item == LeaseItem))
        {
            _number = Math.Max(_number, record.Attempt.Number);
            if (_leases.TryTakeOver(record) is not { } lease)
            {
                continue;
            }

            using (lease)
            {
                IStateScope? left = context.Sandbox is null ? null : await context.Sandbox.ReopenAsync(record, cancellationToken).ConfigureAwait(false);
                if (left is not null)
                {
                    await left.ReleaseAsync(ReleaseMode.Remove, cancellationToken).ConfigureAwait(false);
                }

                lease.Complete();
            }
        }
    }

    /// <summary>Tests one candidate. What could not be tested is tested once more; nothing unknown is ever green.</summary>
    public async Task<GateResult> RunAsync(QueueItem item, string tree, string commit, CancellationToken cancellationToken)
    {
        GateResult result = await OnceAsync(item, tree, commit, cancellationToken).ConfigureAwait(false);
        return result.Verdict == GateVerdict.Infra ? await OnceAsync(item, tree, commit, cancellationToken).ConfigureAwait(false) : result;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _slot.DisposeAsync();

    private async Task<GateResult> OnceAsync(QueueItem item, string tree, string commit, CancellationToken cancellationToken)
    {
        long started = context.Time.GetTimestamp();
        GateResult result = context.Policy.Gates.Count == 0
            ? new GateResult(GateVerdict.Vacuous, tree, TimeSpan.Zero)
            : await TryAsync(item, tree, commit, cancellationToken).ConfigureAwait(false);
        result = result with { Elapsed = context.Time.GetElapsedTime(started) };
        if (result.Verdict == GateVerdict.Pass && result.Elapsed < context.Policy.MinimumGateTime)
        {
            result = result with { Verdict = GateVerdict.Vacuous };
        }

        _log.Write(item.Attempt, commit, result);
        MergeLog.Gate(context.Logger, result.Verdict, item.Attempt, tree);
        return result;
    }

    private async Task<GateResult> TryAsync(QueueItem item, string tree, string commit, CancellationToken cancellationToken)
    {
        GateResult result = new(GateVerdict.Infra, tree, TimeSpan.Zero);
        try
        {
            WorkspaceInfo workspace = await _slot.MoveToAsync(commit, cancellationToken).ConfigureAwait(false);
            using AttemptLease lease = _leases.Create(new AttemptId(LeaseItem, ++_number));
            IStateScope scope = await context.Sandbox!.OpenAsync(new StateRequest(lease, context.Repository.Reference, workspace), cancellationToken).ConfigureAwait(false);
            try
            {
                result = await CommandsAsync(scope, item, tree, commit, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await scope.ReleaseAsync(ReleaseMode.Remove, CancellationToken.None).ConfigureAwait(false);
                lease.Complete();
            }

            return result;
        }
        catch (Exception e) when (e is IsolationException or IOException or UnauthorizedAccessException)
        {
            // Also when only the clean-up failed: a gate that cannot be cleaned up after is not to be trusted.
            MergeLog.ItemFailed(context.Logger, item.Attempt, e);
            return result with { Verdict = GateVerdict.Infra, Command = result.Command ?? e.Message };
        }
    }

    private async Task<GateResult> CommandsAsync(IStateScope scope, QueueItem item, string tree, string commit, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(context.Policy.GateTimeLimit, context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        GateResult result = new(GateVerdict.Vacuous, tree, TimeSpan.Zero);
        for (int i = 0; i < context.Policy.Gates.Count; i++)
        {
            WorkerCommand command = context.Policy.Gates[i];
            string log = Path.Combine(context.Folder.Gates, context.Names.QueueSlug, string.Create(CultureInfo.InvariantCulture, $"{AttemptNames.File(item.Attempt)}-{commit[..12]}-{i + 1}.log"));
            result = result with { Command = string.Join(' ', [command.File, .. command.Arguments]), LogFile = log };
            try
            {
                int code = await RunAsync(scope, command with { LogFile = log }, either.Token).ConfigureAwait(false);
                result = result with { ExitCode = code, Verdict = code switch { 0 => GateVerdict.Pass, Killed => GateVerdict.Infra, _ => GateVerdict.Fail } };
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                result = result with { Verdict = GateVerdict.Timeout, ExitCode = null };
            }

            if (result.Verdict != GateVerdict.Pass)
            {
                break;
            }
        }

        return result;
    }

    private static async Task<int> RunAsync(IStateScope scope, WorkerCommand command, CancellationToken cancellationToken)
    {
        IWorkerProcess process = await scope.StartAsync(command, cancellationToken).ConfigureAwait(false);
        await using (process.ConfigureAwait(false))
        {
            try
            {
                return (await process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false)).Code;
            }
            finally
            {
                // The slot is free only when everything the gate started is gone, also after success.
                await process.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            }
        }
    }
}
