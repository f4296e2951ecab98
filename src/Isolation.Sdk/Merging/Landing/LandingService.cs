using Isolation.Sdk.Git;

namespace Isolation.Sdk.Merging;

/// <summary>Moves the target to the tip of a chain by compare-and-swap, together with everything that must be true at the same time.</summary>
internal sealed class LandingService(QueueContext context, QueueMonitor view)
{
    private readonly CandidateWriter _writer = new(context);
    private readonly LandingVerifier _checklist = new(context, view.History);
    private readonly LandingJournal _journal = new(context);
    private readonly TargetPush _push = new(context);

    /// <summary>Lands a chain as a whole, or nothing of it.</summary>
    /// <param name="target">The target's commit that the first link is stacked on.</param>
    /// <param name="links">The links, first to last.</param>
    /// <param name="passed">Whether a tree has a pass of the gate.</param>
    /// <param name="cancellationToken">Ends it, as long as nothing has moved.</param>
    public async Task<LandingResult> LandAsync(
        string target,
        IReadOnlyList<Candidate> links,
        Func<string, bool> passed,
        CancellationToken cancellationToken
    )
    {
        context.OnStep(QueueStep.BeforeIntent);
        links = await RecordTestedAsync(links, passed, cancellationToken).ConfigureAwait(false);
        if (
            await _checklist.FindFaultAsync(target, links, passed, cancellationToken).ConfigureAwait(false) is { } fault
        )
        {
            return new LandingResult.Refused(fault);
        }

        JournalEntry intent = new(
            JournalState.Intent,
            context.Names.Target,
            target,
            links[^1].Commit,
            [
                .. links.Select(l => new JournalItem(l.Item.Attempt, l.Item.Head, l.Item.Commit, l.Commit)
                {
                    Branch = l.Item.Branch,
                    Tested = passed(l.Tree) ? l.Tree : null,
                }),
            ]
        )
        {
            Remote = context.Policy.Options.PushTargetTo,
        };
        string? entry = context.Policy.Journals
            ? await _journal.BeginAsync(intent, cancellationToken).ConfigureAwait(false)
            : null;
        if (context.Policy.Journals && entry is null)
        {
            return new LandingResult.Moved();
        }

        context.OnStep(QueueStep.AfterIntent);
        LandingResult? stopped = intent.Remote is null
            ? null
            : await PushAsync(intent, cancellationToken).ConfigureAwait(false);
        if (stopped is null)
        {
            // What is on the remote has landed: from here on nothing may stop it.
            LandingTransaction swap = new(context, _journal, intent, entry) { Decided = intent.Remote is not null };
            stopped =
                await swap.RunAsync(intent.Remote is null ? cancellationToken : CancellationToken.None)
                    .ConfigureAwait(false)
                    is not { } refused
                    ? null
                : links.FirstOrDefault(l => context.Names.Item(l.Item.Attempt) == refused) is { } changed
                    ? new LandingResult.Changed(changed.Item.Attempt)
                : new LandingResult.Moved();
        }

        if (stopped is not null)
        {
            await (entry is null ? Task.CompletedTask : _journal.ForgetAsync(cancellationToken)).ConfigureAwait(false);
            return stopped;
        }

        context.OnStep(QueueStep.AfterTransaction);
        return new LandingResult.Landed(links);
    }

    /// <summary>Finishes or drops what a killed actor was about to land; the target tells which. To be called before anything is stacked.</summary>
    /// <returns>Whether refs have changed, so that they must be read again.</returns>
    public async Task<bool> RecoverAsync(QueueState snapshot, CancellationToken cancellationToken)
    {
        if (await _journal.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } intent)
        {
            return false;
        }

        bool landed =
            snapshot.Target is { } target
            && (
                await context
                    .Repository.TryRunAsync(cancellationToken, "merge-base", "--is-ancestor", intent.New, target)
                    .ConfigureAwait(false)
            ).Ok;
        bool pushed =
            !landed
            && snapshot.Target == intent.Old
            && intent.Remote is not null
            && (await _push.ReadRemoteAsync(intent.Remote, cancellationToken).ConfigureAwait(false)).Commit
                == intent.New;
        if (landed || pushed)
        {
            string entry = await _journal
                .WriteAsync(
                    intent with
                    {
                        State = JournalState.Landed,
                        Note = "Finished by the next process that acted.",
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
            LandingTransaction swap = new(context, _journal, intent, entry) { Decided = true, Done = landed };
            await swap.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            string entry = await _journal
                .WriteAsync(
                    intent with
                    {
                        State = JournalState.Dropped,
                        Note = "The process that was about to land it ended before it did.",
                    },
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (await _journal.MoveAsync(entry, cancellationToken).ConfigureAwait(false))
            {
                _journal.Ended(entry);
            }
        }

        return true;
    }

    /// <summary>From the first link on whose claim is not the truth, the messages are written anew.</summary>
    private async Task<IReadOnlyList<Candidate>> RecordTestedAsync(
        IReadOnlyList<Candidate> links,
        Func<string, bool> passed,
        CancellationToken cancellationToken
    )
    {
        List<Candidate> claimed = [];
        for (int i = 0; i < links.Count; i++)
        {
            // Only what a rewritten link was below of gets another parent: what is stacked wrongly stays so, for the checklist to see.
            bool claims = context.Policy.Options.Mode != MergeMode.FastForward && passed(links[i].Tree);
            bool below =
                i > 0 && claimed[i - 1].Commit != links[i - 1].Commit && links[i].Parent == links[i - 1].Commit;
            claimed.Add(
                !below && links[i].RecordsTestedTree == claims
                    ? links[i]
                    : await _writer
                        .RewriteAsync(
                            links[i],
                            below ? claimed[i - 1].Commit : links[i].Parent,
                            claims,
                            cancellationToken
                        )
                        .ConfigureAwait(false)
            );
        }

        return claimed;
    }

    /// <returns>Why nothing lands now; <see langword="null"/> when the remote has it.</returns>
    private async Task<LandingResult?> PushAsync(JournalEntry intent, CancellationToken cancellationToken)
    {
        switch (await _push.RunAsync(intent.Remote!, intent.Old, intent.New, cancellationToken).ConfigureAwait(false))
        {
            case PushResult.Pushed:
                context.OnStep(QueueStep.AfterPush);
                return null;
            case PushResult.Ahead ahead:
                if (
                    await context
                        .Repository.UpdateDurablyAsync(
                            new RefTransaction().Update(context.Names.Target, ahead.Commit, intent.Old),
                            cancellationToken
                        )
                        .ConfigureAwait(false)
                    is null
                )
                {
                    await new CheckoutUpdater(context)
                        .FinishAsync(ahead.Commit, cancellationToken)
                        .ConfigureAwait(false);
                }

                return new LandingResult.Moved();
            case PushResult.Failed failed:
                return new LandingResult.Blocked(failed.Reason);
            default:
                throw new InvalidOperationException("Unknown outcome.");
        }
    }
}
