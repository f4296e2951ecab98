using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Merging;

/// <summary>One run of the gate's parts. When it returns, nothing the gate started is alive.</summary>
internal sealed class GateJob(
    QueueContext context,
    LeaseStore leases,
    GateWorktree worktree,
    QueueCandidate candidate,
    AttemptId name
)
{
    // What a shell says of a child that was killed: by the kernel, short of memory, or by somebody.
    private const int Killed = 128 + 9;
    private const int MaxLogLines = 1000;
    private const long MinFreeBytes = 1024 * 1024;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    // What the C library says for ENOSPC, and what tools of others make of it.
    private static readonly string[] FullDiskMessages =
    [
        "No space left on device",
        "ENOSPC",
        "There is not enough space on the disk",
    ];

    private readonly HashSet<string> _changed = new();
    private Task _code = Task.CompletedTask;

    public bool LostWorktree { get; private set; }

    public async Task<GateResult> RunAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        GateResult result = new(GateVerdict.Infra, candidate.Tree);
        try
        {
            WorkspaceInfo workspace = await worktree
                .MoveToAsync(candidate.Commit, cancellationToken)
                .ConfigureAwait(false);
            result = await RunInScopeAsync(workspace, limit, cancellationToken).ConfigureAwait(false);
            result = result with { MovedRefs = worktree.FindMovedRefs() };
            return await InspectAsync(result, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IsolationException or IOException or UnauthorizedAccessException)
        {
            // Also when only the clean-up failed: a gate that cannot be cleaned up after is not to be trusted.
            MergeLog.GateNotRun(context.Logger, candidate.Name, e);
            return result with { Verdict = GateVerdict.Infra, Reason = e.Message };
        }
    }

    private async Task<GateResult> RunInScopeAsync(
        WorkspaceInfo workspace,
        TimeSpan limit,
        CancellationToken cancellationToken
    )
    {
        using AttemptLease lease = leases.Create(name);
        IStateScope scope = await context
            .Sandbox!.OpenAsync(new StateRequest(lease, context.Repository.Reference, workspace), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            return await SetUpAsync(scope, workspace, cancellationToken).ConfigureAwait(false) is { } failure
                ? new GateResult(GateVerdict.Infra, candidate.Tree) { Command = "setup", Reason = failure }
                : await RunPartsAsync(scope, limit, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await ReleaseAsync(scope).ConfigureAwait(false);
            lease.Complete();

            await _code
                .WaitAsync(Grace, context.Time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            LostWorktree = !_code.IsCompleted;
        }
    }

    private async Task<string?> SetUpAsync(
        IStateScope scope,
        WorkspaceInfo workspace,
        CancellationToken cancellationToken
    )
    {
        if (context.Setup is not { Commands.Count: > 0 } setup)
        {
            return null;
        }

        Dictionary<string, string> values = PlaceholderTemplate.Values(
            name,
            null,
            workspace.Path,
            scope.Info.Home,
            scope.Info.Temp,
            scope.Info.Ports
        );
        string? failure = await setup.RunAsync(scope, values, cancellationToken).ConfigureAwait(false);
        if (failure is null && await FindChangesAsync(cancellationToken).ConfigureAwait(false))
        {
            await worktree.RestoreAsync(candidate.Commit, cancellationToken).ConfigureAwait(false);
        }

        return failure;
    }

    // A teardown that fails says nothing of the candidate, and everything else is released all the same.
    private async Task ReleaseAsync(IStateScope scope)
    {
        try
        {
            await scope.ReleaseAsync(ReleaseMode.Remove, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IsolationException e) when (e.Code == SandboxCodes.TeardownFailed)
        {
            MergeLog.GateTeardownFailed(context.Logger, candidate.Name, e.Fault.Message, e.Fault.Remedy);
        }
    }

    private async Task<GateResult> RunPartsAsync(IStateScope scope, TimeSpan most, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(most, context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token,
            cancellationToken
        );
        long started = context.Time.GetTimestamp();
        GateResult result = new(GateVerdict.Vacuous, candidate.Tree);
        for (int i = 0; i < context.Policy.Gates.Count && (i == 0 || result.Verdict == GateVerdict.Pass); i++)
        {
            MergeGate gate = context.Policy.Gates[i];
            result = new GateResult(GateVerdict.Infra, candidate.Tree) { Command = gate.Name };
            long begun = context.Time.GetTimestamp();
            try
            {
                if (i > 0 && await FindChangesAsync(either.Token).ConfigureAwait(false))
                {
                    await worktree.RestoreAsync(candidate.Commit, either.Token).ConfigureAwait(false);
                }

                result = gate.Command is { } command
                    ? await RunAsync(scope, command with { LogFile = LogOf(i + 1) }, result, either.Token)
                        .ConfigureAwait(false)
                    : await RunAsync(scope, gate, result, either.Token).ConfigureAwait(false);
                TimeSpan elapsed = context.Time.GetElapsedTime(begun);
                if (result.Verdict == GateVerdict.Pass && elapsed < gate.MinimumTime)
                {
                    result = result with
                    {
                        Verdict = GateVerdict.Vacuous,
                        Reason = $"It was green after {elapsed}, and takes {gate.MinimumTime} when it tests anything.",
                    };
                }
            }
            catch (OperationCanceledException)
                when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                result = result with
                {
                    Verdict = GateVerdict.Timeout,
                    LogFile = gate.File is null ? null : LogOf(i + 1),
                    Reason = $"The gate was ended after {most}.",
                };
            }
        }

        return result with
        {
            Elapsed = context.Time.GetElapsedTime(started),
        };
    }

    private async Task<GateResult> RunAsync(
        IStateScope scope,
        WorkerCommand command,
        GateResult result,
        CancellationToken cancellationToken
    )
    {
        IWorkerProcess process = await scope.StartAsync(command, cancellationToken).ConfigureAwait(false);
        int code;
        await using (process.ConfigureAwait(false))
        {
            try
            {
                context.Faults.OnStep(QueueStep.MidGate);
                code = (await process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false)).ExitCode;
            }
            finally
            {
                // The worktree is free only when everything the gate started is gone, also after success.
                await process.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            }
        }

        result = result with { ExitCode = code, LogFile = command.LogFile };
        return code switch
        {
            0 => result with { Verdict = GateVerdict.Pass },
            Killed => result with { Reason = "It was killed." },
            _ when HasLittleSpace(worktree.Folder)
                    || HasLittleSpace(scope.Info.Temp)
                    || SaysDiskIsFull(command.LogFile!) => result with
            {
                Reason = "The disk is full.",
            },
            _ => result with { Verdict = GateVerdict.Fail },
        };
    }

    private async Task<GateResult> RunAsync(
        IStateScope scope,
        MergeGate gate,
        GateResult result,
        CancellationToken cancellationToken
    )
    {
        GateContext seen = new(scope, worktree.Folder, candidate);
        Task<GateResult> code = Task.Run(() => gate.Test!(seen, cancellationToken).AsTask(), CancellationToken.None);
        _code = code;
        context.Faults.OnStep(QueueStep.MidGate);
        try
        {
            GateResult? answer = await code.WaitAsync(cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return answer is not null && Enum.IsDefined(answer.Verdict)
                ? result with
                {
                    Verdict = answer.Verdict,
                    Reason = answer.Reason,
                }
                : result with
                {
                    Reason = $"'{gate.Name}' answered nothing.",
                };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, it says nothing of the candidate.
            return result with { Reason = $"'{gate.Name}' threw {e.GetType().Name}: {e.Message}" };
        }
    }

    private async Task<GateResult> InspectAsync(GateResult result, CancellationToken cancellationToken)
    {
        if (!LostWorktree)
        {
            await FindChangesAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_changed.Count > 0)
        {
            MergeLog.GateChangedFiles(context.Logger, candidate.Name, _changed.Count, _changed.First());
        }

        if (result.MovedRefs.Count > 0)
        {
            MergeLog.RefsMovedBesideGate(context.Logger, candidate.Name, string.Join(", ", result.MovedRefs));
        }

        if (worktree.FindTampering() is { } broken)
        {
            MergeLog.GateWorktreeReplaced(context.Logger, candidate.Name, broken);
            await worktree.RemoveAsync(cancellationToken).ConfigureAwait(false);
        }

        return result with
        {
            ChangedFiles = [.. _changed],
        };
    }

    private async Task<bool> FindChangesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> changed = await worktree
            .FindChangedAsync(candidate.Commit, cancellationToken)
            .ConfigureAwait(false);
        _changed.UnionWith(changed);
        return changed.Count > 0;
    }

    private string LogOf(int part)
    {
        string of = candidate.IsTarget ? "target" : AttemptNames.FileName(candidate.Attempts[^1]);
        return Path.Combine(GateWorktree.FolderOf(context), $"{of}-{candidate.Commit[..12]}-{name.Number}-{part}.log");
    }

    private static bool HasLittleSpace(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace < MinFreeBytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    private static bool SaysDiskIsFull(string log)
    {
        try
        {
            return File.ReadLines(log).TakeLast(MaxLogLines).Any(l => FullDiskMessages.Any(l.Contains));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
