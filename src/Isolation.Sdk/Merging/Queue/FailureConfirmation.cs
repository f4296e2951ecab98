namespace Isolation.Sdk.Merging;

/// <summary>Judges an item whose tree alone is red: nobody is given back before the failure was confirmed and the target itself is known to be green.</summary>
internal sealed class FailureConfirmation(QueueContext context, GateRuns runs, QueueMaintenance care)
{
    private int Needed => context.Policy.RetryFailedGates ? 2 : 1;

    /// <summary>Does the next thing that is needed for a verdict.</summary>
    /// <returns>Whether the item's record or the queue's pause changed; otherwise a gate runs, and its end is to be waited for.</returns>
    public async Task<bool> ConfirmAsync(
        Candidate suspect,
        QueueState snapshot,
        int slots,
        BatchSizeModel model,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<GateResult> reds = runs.RedsOf(suspect.Tree);
        bool infra = reds[^1].Verdict == GateVerdict.Infra;
        bool confirmed = reds.Count >= Needed || reds[^1].Verdict is GateVerdict.Vacuous or GateVerdict.Infra;
        if (!confirmed && !runs.IsRunning(suspect.Tree) && runs.Count < slots)
        {
            runs.Start(suspect.Commit, suspect.Tree, [suspect.Item.Attempt], cancellationToken);
        }

        string target = snapshot.TargetTree!;
        IReadOnlyList<GateResult> targetReds = runs.RedsOf(target);
        bool targetCleared =
            !context.Policy.TestsTarget
            || suspect.Item.FixesTarget
            || runs.IsGreen(target)
            || reds[^1].Verdict == GateVerdict.Vacuous;
        bool targetBroken = !targetCleared && targetReds.Count >= Needed;
        if (!targetCleared && !targetBroken && !runs.IsRunning(target) && runs.Count < slots)
        {
            runs.Start(snapshot.Target!, target, [], cancellationToken);
        }

        if (targetBroken)
        {
            GateResult red = targetReds[^1];
            string broken =
                red.Verdict == GateVerdict.Infra
                    ? "the gate cannot be run"
                    : $"{context.Names.ShortTarget} is red by itself";
            MergeLog.TargetBroken(context.Logger, context.Names.Target, snapshot.Target!, red.Verdict);
            await care.PauseAsync(
                    new QueuePause(
                        MergeHoldReason.BaseBroken,
                        $"{broken}, at {snapshot.Target}: {Why(red)} Nobody is given back for that; the queue goes on with the next commit of {context.Names.ShortTarget}, or when it is resumed."
                    )
                    {
                        BrokenTarget = snapshot.Target,
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);

            // Whoever resumes wants to know it anew.
            runs.Forget(_ => false);
            return true;
        }

        if (!confirmed || !targetCleared)
        {
            return false;
        }

        context.OnStep(QueueStep.BeforeEviction);
        QueueItem given = infra
            ? suspect.Item with
            {
                Hold = new ItemHold(
                    MergeHoldReason.Infra,
                    $"the gate could not be run: {reds[^1].Reason ?? reds[^1].Command} Approve it again to retry."
                ),
                Gate = reds[^1],
            }
            : NotGreen(suspect.Item, reds[^1]);
        await care.StoreAsync(suspect.Item, given, cancellationToken).ConfigureAwait(false);
        context.OnStep(QueueStep.AfterEviction);
        if (given.IsTerminal)
        {
            model.RecordEvicted();
        }

        return true;
    }

    private static QueueItem NotGreen(QueueItem item, GateResult gate) =>
        gate.Verdict switch
        {
            GateVerdict.Fail => item with
            {
                State = MergeState.Rejected,
                Gate = gate,
                Reason = $"Red gate: {Why(gate)}",
            },
            GateVerdict.Timeout => item with
            {
                State = MergeState.TimedOut,
                Gate = gate,
                Reason = $"The gate took longer than allowed, in '{gate.Command}'.",
            },
            _ => item with
            {
                State = MergeState.Rejected,
                Gate = gate,
                Reason = $"Vacuous gate: it tested nothing in {gate.Elapsed}.",
            },
        };

    private static string Why(GateResult gate) =>
        gate.ExitCode is { } code
            ? $"'{gate.Command}' ended with {code}."
            : $"'{gate.Command}': {gate.Reason ?? gate.Verdict.ToString()}";
}
