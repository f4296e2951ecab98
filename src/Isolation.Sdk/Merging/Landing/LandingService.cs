using System.Diagnostics;
using Isolation.Sdk.Git;
using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Merging;

internal sealed class LandingService(QueueContext context, TargetHistory history)
{
    private readonly CandidateWriter _writer = new(context);
    private readonly LandingVerifier _verifier = new(context, history);
    private readonly LandingJournal _journal = new(context);
    private readonly RemotePush _push = new(context);
    private readonly CheckoutUpdater _checkouts = new(context);

    public async Task<string?> FindObstacleAsync(CancellationToken cancellationToken) =>
        (
            await CheckoutUpdater
                .FindObstacleAsync(context.Names, context.Policy, cancellationToken)
                .ConfigureAwait(false)
        )?.Message;

    public Task UpdateCheckoutsAsync(string? target, CancellationToken cancellationToken) =>
        target is null ? Task.CompletedTask : _checkouts.FinishAsync(target, cancellationToken);

    public async Task<LandingResult> LandAsync(
        string target,
        IReadOnlyList<Candidate> candidates,
        Func<string, bool> passed,
        CancellationToken cancellationToken
    )
    {
        using Activity? activity = MergeTelemetry.StartLanding(context.Names.ShortTarget, candidates.Count);
        _checkouts.Begin(target);
        context.Faults.OnStep(QueueStep.BeforeIntent);
        candidates = await RecordTestedAsync(candidates, passed, cancellationToken).ConfigureAwait(false);
        string? fault = await _verifier
            .FindFaultAsync(target, candidates, passed, cancellationToken)
            .ConfigureAwait(false);
        if (fault is not null)
        {
            return new LandingResult.Refused(fault);
        }

        JournalEntry intent = new(
            JournalState.Intent,
            context.Names.Target,
            target,
            candidates[^1].Commit,
            [
                .. candidates.Select(c => new JournalItem(c.Item.Attempt, c.Item.Head, c.Item.Commit, c.Commit)
                {
                    Branch = c.Item.Branch,
                    Tested = passed(c.Tree) ? c.Tree : null,
                }),
            ]
        )
        {
            Remote = context.Policy.Options.PushTargetTo,
        };
        string? entry = null;
        if (context.Policy.Journals)
        {
            entry = await _journal.BeginAsync(intent, cancellationToken).ConfigureAwait(false);
            if (entry is null)
            {
                return new LandingResult.Moved();
            }
        }

        context.Faults.OnStep(QueueStep.AfterIntent);
        LandingResult? stopped = intent.Remote is null
            ? null
            : await PushAsync(intent, cancellationToken).ConfigureAwait(false);
        if (stopped is null)
        {
            // What is on the remote has landed: from here on nothing may stop it.
            bool decided = intent.Remote is not null;
            LandingTransaction transaction = new(context, _journal, intent, entry) { Decided = decided };
            string? refused = await transaction
                .RunAsync(decided ? CancellationToken.None : cancellationToken)
                .ConfigureAwait(false);
            stopped =
                refused is null ? null
                : candidates.FirstOrDefault(c => context.Names.Item(c.Item.Attempt) == refused) is { } changed
                    ? new LandingResult.Changed(changed.Item.Attempt)
                : new LandingResult.Moved();
        }

        if (stopped is null)
        {
            context.Faults.OnStep(QueueStep.AfterTransaction);
            return new LandingResult.Landed(candidates);
        }

        if (entry is not null)
        {
            await _journal.ForgetAsync(cancellationToken).ConfigureAwait(false);
        }

        return stopped;
    }

    public async Task<bool> RecoverAsync(string? target, CancellationToken cancellationToken)
    {
        if (await _journal.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } intent)
        {
            return false;
        }

        bool landed =
            target is not null
            && await context.Repository.IsAncestorAsync(intent.New, target, cancellationToken).ConfigureAwait(false);
        bool pushed =
            !landed
            && target == intent.Old
            && intent.Remote is not null
            && (await _push.ReadRemoteAsync(intent.Remote, cancellationToken).ConfigureAwait(false)).Commit
                == intent.New;
        JournalEntry end =
            landed || pushed
                ? intent with
                {
                    State = JournalState.Landed,
                    Note = "Finished by the next process that acted.",
                }
                : intent with
                {
                    State = JournalState.Dropped,
                    Note = "The process that was about to land it ended before it did.",
                };
        string entry = await _journal.WriteAsync(end, cancellationToken).ConfigureAwait(false);
        if (end.State == JournalState.Landed)
        {
            LandingTransaction rest = new(context, _journal, intent, entry) { Decided = true, Done = landed };
            await rest.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (await _journal.MoveAsync(entry, cancellationToken).ConfigureAwait(false))
        {
            _journal.Ended(entry);
        }

        return true;
    }

    // From the first candidate on whose message is not the truth about its test.
    private async Task<IReadOnlyList<Candidate>> RecordTestedAsync(
        IReadOnlyList<Candidate> candidates,
        Func<string, bool> passed,
        CancellationToken cancellationToken
    )
    {
        List<Candidate> recorded = [];
        for (int i = 0; i < candidates.Count; i++)
        {
            // What is stacked wrongly stays so, for the verifier to see.
            Candidate candidate = candidates[i];
            bool tested = context.Policy.Options.Mode != MergeMode.FastForward && passed(candidate.Tree);
            bool moved =
                i > 0
                && recorded[i - 1].Commit != candidates[i - 1].Commit
                && candidate.Parent == candidates[i - 1].Commit;
            recorded.Add(
                !moved && candidate.RecordsTestedTree == tested
                    ? candidate
                    : await _writer
                        .RewriteAsync(
                            candidate,
                            moved ? recorded[i - 1].Commit : candidate.Parent,
                            tested,
                            cancellationToken
                        )
                        .ConfigureAwait(false)
            );
        }

        return recorded;
    }

    private async Task<LandingResult?> PushAsync(JournalEntry intent, CancellationToken cancellationToken)
    {
        PushResult result = await _push
            .PushTargetAsync(intent.Remote!, intent.Old, intent.New, cancellationToken)
            .ConfigureAwait(false);
        if (result.Failure is { } failure)
        {
            return new LandingResult.Blocked(failure);
        }

        if (result.Ahead is not { } ahead)
        {
            context.Faults.OnStep(QueueStep.AfterPush);
            return null;
        }

        RefTransaction follow = new RefTransaction().Update(context.Names.Target, ahead, intent.Old);
        if (await context.Repository.UpdateDurablyAsync(follow, cancellationToken).ConfigureAwait(false) is null)
        {
            await UpdateCheckoutsAsync(ahead, cancellationToken).ConfigureAwait(false);
        }

        return new LandingResult.Moved();
    }
}

internal abstract record LandingResult
{
    private LandingResult() { }

    public sealed record Landed(IReadOnlyList<Candidate> Candidates) : LandingResult;

    public sealed record Moved : LandingResult;

    public sealed record Changed(AttemptId Attempt) : LandingResult;

    public sealed record Refused(string Reason) : LandingResult;

    public sealed record Blocked(string Reason) : LandingResult;
}
