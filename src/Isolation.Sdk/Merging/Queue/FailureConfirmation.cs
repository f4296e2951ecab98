namespace Isolation.Sdk.Merging;

/// <summary>
/// An item is given back only when its failure was confirmed and the target itself is known to be green.
/// </summary>
internal sealed class FailureConfirmation(
    QueueContext context,
    GateScheduler gates,
    QueueState state,
    Candidate suspect
)
{
    private readonly IReadOnlyList<GateResult> _failures = gates.History.FailuresOf(suspect.Tree);
    private readonly IReadOnlyList<GateResult> _targetFailures = gates.History.FailuresOf(state.TargetTree!);

    private int Needed => context.Policy.RetryFailedGates ? 2 : 1;

    private bool IsConfirmed =>
        _failures.Count >= Needed || _failures[^1].Verdict is GateVerdict.Vacuous or GateVerdict.Infra;

    private bool IsTargetCleared =>
        !context.Policy.TestsTarget
        || suspect.Item.FixesTarget
        || gates.History.IsGreen(state.TargetTree!)
        || _failures[^1].Verdict == GateVerdict.Vacuous;

    private bool IsTargetBroken => !IsTargetCleared && _targetFailures.Count >= Needed;

    public void StartRuns(int free, CancellationToken cancellationToken)
    {
        if (!IsConfirmed && !gates.IsRunning(suspect.Tree) && free-- > 0)
        {
            gates.Start(suspect.Commit, suspect.Tree, [suspect.Item.Attempt], cancellationToken);
        }

        if (!IsTargetCleared && !IsTargetBroken && !gates.IsRunning(state.TargetTree!) && free > 0)
        {
            gates.Start(state.Target!, state.TargetTree!, [], cancellationToken);
        }
    }

    public Judgement? Decide()
    {
        if (IsTargetBroken)
        {
            GateResult red = _targetFailures[^1];
            string broken =
                red.Verdict == GateVerdict.Infra
                    ? "the gate cannot be run"
                    : $"{context.Names.ShortTarget} is red by itself";
            MergeLog.TargetBroken(context.Logger, context.Names.Target, state.Target!, red.Verdict);
            return new Judgement(
                null,
                new QueuePause(
                    MergeHoldReason.BaseBroken,
                    $"{broken}, at {state.Target}: {Why(red)} Nobody is given back for that; the queue "
                        + $"goes on with the next commit of {context.Names.ShortTarget}, or when it is resumed."
                )
                {
                    BrokenTarget = state.Target,
                }
            );
        }

        return IsConfirmed && IsTargetCleared ? new Judgement(GiveBack(suspect.Item, _failures[^1]), null) : null;
    }

    private static QueueItem GiveBack(QueueItem item, GateResult gate) =>
        gate.Verdict == GateVerdict.Infra
            ? item with
            {
                Gate = gate,
                Hold = new ItemHold(
                    MergeHoldReason.Infra,
                    $"the gate could not be run: {gate.Reason ?? gate.Command} Approve it again to retry."
                ),
            }
            : item with
            {
                Gate = gate,
                State = gate.Verdict == GateVerdict.Timeout ? MergeState.TimedOut : MergeState.Rejected,
                Reason = gate.Verdict switch
                {
                    GateVerdict.Fail => $"Red gate: {Why(gate)}",
                    GateVerdict.Timeout => $"The gate took longer than allowed, in '{gate.Command}'.",
                    _ => $"Vacuous gate: it tested nothing in {gate.Elapsed}.",
                },
            };

    private static string Why(GateResult gate) =>
        gate.ExitCode is { } code
            ? $"'{gate.Command}' ended with {code}."
            : $"'{gate.Command}': {gate.Reason ?? gate.Verdict.ToString()}";
}

internal sealed record Judgement(QueueItem? Item, QueuePause? Pause);
