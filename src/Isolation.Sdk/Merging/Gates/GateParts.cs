using System.Globalization;
using Isolation.Sdk.IO;
using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Merging;

/// <summary>The parts of a gate, one after the other, until one is not green or the time is over. Each starts from exactly the candidate's tracked files.</summary>
internal sealed class GateParts(QueueContext context, GateWorktree slot, QueueCandidate run, AttemptId name)
{
    // What a shell says of a child that was killed: by the kernel, short of memory, or by somebody.
    private const int Killed = 128 + 9;

    /// <summary>How long code of the host may go on after its token was cancelled and everything it started was ended.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly List<string> _changed = [];
    private Task _code = Task.CompletedTask;

    /// <summary>The tracked files that a part changed before the next one.</summary>
    public IReadOnlyList<string> Changed => _changed;

    /// <summary>Whether code of the host goes on all the same.</summary>
    public bool Lost { get; private set; }

    public async Task<GateResult> RunAsync(IStateScope scope, TimeSpan most, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(most, context.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token,
            cancellationToken
        );
        long started = context.Time.GetTimestamp();
        GateResult result = new(GateVerdict.Vacuous, run.Tree, TimeSpan.Zero);
        for (int i = 0; i < context.Policy.Gates.Count && (i == 0 || result.Verdict == GateVerdict.Pass); i++)
        {
            MergeGate gate = context.Policy.Gates[i];
            result = new GateResult(GateVerdict.Infra, run.Tree, TimeSpan.Zero) { Command = gate.Name };
            try
            {
                if (i > 0)
                {
                    await StartOverAsync(either.Token).ConfigureAwait(false);
                }

                result = gate.Command is { } command
                    ? await CommandAsync(scope, command, LogOf(i + 1), result, either.Token).ConfigureAwait(false)
                    : await CodeAsync(scope, gate, result, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
                when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                result = result with
                {
                    Verdict = GateVerdict.Timeout,
                    LogFile = gate.Command is null ? null : LogOf(i + 1),
                    Reason = $"The gate was ended after {most}.",
                };
            }
        }

        return result with
        {
            Elapsed = context.Time.GetElapsedTime(started),
        };
    }

    /// <summary>Waits for code of the host, which no signal ends; everything else is gone by now.</summary>
    public async Task EndAsync()
    {
        await _code.WaitAsync(Grace, context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Lost = !_code.IsCompleted;
    }

    private string LogOf(int part)
    {
        string candidate = run.Attempts.Count == 0 ? "target" : AttemptNames.FileName(run.Attempts[^1]);
        return Path.Combine(
            GateWorktree.FolderOf(context),
            string.Create(CultureInfo.InvariantCulture, $"{candidate}-{run.Commit[..12]}-{name.Number}-{part}.log")
        );
    }

    private async Task StartOverAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> changed = await slot.FindChangedAsync(run.Commit, cancellationToken)
            .ConfigureAwait(false);
        if (changed.Count > 0)
        {
            _changed.AddRange(changed);
            await slot.RestoreAsync(run.Commit, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<GateResult> CommandAsync(
        IStateScope scope,
        WorkerCommand command,
        string log,
        GateResult result,
        CancellationToken cancellationToken
    )
    {
        IWorkerProcess process = await scope
            .StartAsync(command with { LogFile = log }, cancellationToken)
            .ConfigureAwait(false);
        int code;
        await using (process.ConfigureAwait(false))
        {
            try
            {
                context.OnStep(QueueStep.MidGate);
                code = (await process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false)).ExitCode;
            }
            finally
            {
                // The slot is free only when everything the gate started is gone, also after success.
                await process.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            }
        }

        result = result with { ExitCode = code, LogFile = log };
        return code switch
        {
            0 => result with { Verdict = GateVerdict.Pass },
            Killed => result with { Reason = "It was killed." },
            _ when FullDisk.Explains([slot.Folder, scope.Info.Temp], log) => result with
            {
                Reason = "The disk is full.",
            },
            _ => result with { Verdict = GateVerdict.Fail },
        };
    }

    private async Task<GateResult> CodeAsync(
        IStateScope scope,
        MergeGate gate,
        GateResult result,
        CancellationToken cancellationToken
    )
    {
        GateContext seen = new(scope, slot.Folder, run.Commit, run.Tree, run.Attempts);
        Task<GateResult> code = Task.Run(() => gate.Test!(seen, cancellationToken).AsTask(), CancellationToken.None);
        _code = code;
        context.OnStep(QueueStep.MidGate);
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
}
