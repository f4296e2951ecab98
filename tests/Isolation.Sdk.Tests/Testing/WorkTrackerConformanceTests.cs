using System.Reflection;
using System.Runtime.CompilerServices;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Tracking;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>The suite for trackers passes for the built-in one, bare or forwarded to, and catches every sin.</summary>
public sealed class WorkTrackerConformanceTests
{
    public static TheoryData<string> Names =>
        new(new Suite(time => new InMemoryWorkTracker(time)).Checks.Select(c => c.Name));

    [IsolationTheory]
    [MemberData(nameof(Names))]
    public Task An_in_memory_tracker(string check) => new Suite(time => new InMemoryWorkTracker(time)).RunAsync(check);

    [IsolationTheory]
    [MemberData(nameof(Names))]
    public Task A_tracker_that_forwards(string check) =>
        new Suite(time => new ForwardingTracker(new InMemoryWorkTracker(time))).RunAsync(check);

    [IsolationTheory]
    [InlineData(Sin.IgnoresPriority, nameof(WorkTrackerConformance.Items_go_out_by_priority_then_in_order))]
    [InlineData(Sin.IgnoresBlockers, nameof(WorkTrackerConformance.An_item_waits_for_its_blockers))]
    [InlineData(Sin.ForgetsReasons, nameof(WorkTrackerConformance.What_is_behind_a_failure_is_skipped_with_the_reason))]
    [InlineData(Sin.ClaimsTwice, nameof(WorkTrackerConformance.An_item_is_claimed_once))]
    [InlineData(Sin.AcceptsLateSettlements, nameof(WorkTrackerConformance.A_claim_that_is_not_renewed_is_lost))]
    [InlineData(Sin.NeverRenews, nameof(WorkTrackerConformance.A_renewed_claim_holds))]
    [InlineData(Sin.ForgetsBegin, nameof(WorkTrackerConformance.The_attempt_of_a_lost_claim_is_named))]
    [InlineData(Sin.RetriesAtOnce, nameof(WorkTrackerConformance.A_retry_comes_after_its_delay_with_the_reason))]
    [InlineData(Sin.IgnoresBudgets, nameof(WorkTrackerConformance.A_used_up_budget_closes_the_item))]
    [InlineData(Sin.BlamesItemsForNodes, nameof(WorkTrackerConformance.A_lost_node_does_not_use_up_the_budget))]
    [InlineData(Sin.RetriesReleased, nameof(WorkTrackerConformance.A_released_item_has_its_budget_back))]
    [InlineData(Sin.ForgetsTokens, nameof(WorkTrackerConformance.A_suspended_item_waits_for_its_resumption))]
    [InlineData(Sin.ReleasesWhatMerges, nameof(WorkTrackerConformance.A_claim_holds_while_its_work_is_in_the_queue))]
    [InlineData(Sin.IgnoresBudgets, nameof(WorkTrackerConformance.A_blocked_item_waits_and_does_not_loop))]
    [InlineData(Sin.ThrowsRefusals, nameof(WorkTrackerConformance.Refusals_are_values))]
    [InlineData(Sin.ForgetsHistory, nameof(WorkTrackerConformance.The_history_is_kept))]
    [InlineData(Sin.ForgetsData, nameof(WorkTrackerConformance.An_item_is_kept_whole))]
    [InlineData(Sin.WatchesOnlyThePresent, nameof(WorkTrackerConformance.A_watcher_sees_the_present_and_every_change))]
    [InlineData(Sin.NeverWaits, nameof(WorkTrackerConformance.A_claim_waits_for_items_if_it_is_told_to))]
    [InlineData(Sin.NeverWaits, nameof(WorkTrackerConformance.A_claim_waits_for_what_others_have))]
    [InlineData(Sin.CancelsNothing, nameof(WorkTrackerConformance.Only_what_nobody_works_on_can_be_cancelled))]
    [InlineData(Sin.IgnoresEdits, nameof(WorkTrackerConformance.An_edit_reaches_the_next_attempt))]
    [InlineData(Sin.NeverReopens, nameof(WorkTrackerConformance.A_closed_item_can_be_opened_again))]
    [InlineData(Sin.IgnoresPaths, nameof(WorkTrackerConformance.Overlapping_items_go_later_if_the_claimant_says_so))]
    public async Task A_bad_tracker_is_caught(Sin sin, string check)
    {
        Exception caught = await Assert.ThrowsAnyAsync<Exception>(() =>
            new Suite(time => new BadTracker(sin, new InMemoryWorkTracker(time))).RunAsync(check)
        );
        Assert.True(caught is ConformanceException || sin == Sin.ThrowsRefusals, caught.ToString());
    }

    [IsolationFact]
    public void Every_check_has_a_bad_tracker() =>
        Assert.Empty(
            new Suite(time => new InMemoryWorkTracker(time))
                .Checks.Select(c => c.Name)
                .Except(
                    typeof(WorkTrackerConformanceTests)
                        .GetMethod(nameof(A_bad_tracker_is_caught))!
                        .GetCustomAttributesData()
                        .Where(a => a.AttributeType == typeof(InlineDataAttribute))
                        .SelectMany(a => (IEnumerable<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)
                        .Select(a => a.Value as string)
                )
        );

    public enum Sin
    {
        IgnoresPriority,
        IgnoresBlockers,
        ForgetsReasons,
        ClaimsTwice,
        AcceptsLateSettlements,
        NeverRenews,
        ForgetsBegin,
        RetriesAtOnce,
        IgnoresBudgets,
        BlamesItemsForNodes,
        RetriesReleased,
        ForgetsTokens,
        ReleasesWhatMerges,
        ThrowsRefusals,
        ForgetsHistory,
        ForgetsData,
        WatchesOnlyThePresent,
        NeverWaits,
        CancelsNothing,
        IgnoresEdits,
        NeverReopens,
        IgnoresPaths,
    }

    private sealed class Suite(Func<TimeProvider, IWorkTracker> create) : WorkTrackerConformance
    {
        protected override ValueTask<IWorkTracker> CreateAsync(TimeProvider time) => new(create(time));
    }

    private sealed class BadTracker(Sin sin, IWorkTracker inner) : ForwardingTracker(inner)
    {
        private readonly Dictionary<string, TrackedItem> _claims = [];

        public override async ValueTask<IReadOnlyList<WorkItemResult>> AddAsync(
            IReadOnlyCollection<WorkItem> items,
            CancellationToken cancellationToken = default
        )
        {
            IReadOnlyList<WorkItemResult> refused = await base.AddAsync(
                [
                    .. items.Select(i =>
                        sin switch
                        {
                            Sin.IgnoresPriority => i with { Priority = 0 },
                            Sin.IgnoresBlockers => i with { BlockedBy = [] },
                            Sin.ForgetsData => i with { Data = new Dictionary<string, string>() },
                            _ => i,
                        }
                    ),
                ],
                cancellationToken
            );
            return sin == Sin.ThrowsRefusals && refused.Count > 0
                ? throw new IsolationException(refused[0].Fault!)
                : refused;
        }

        public override async ValueTask<TrackedItem?> ClaimAsync(
            ClaimRequest request,
            CancellationToken cancellationToken = default
        )
        {
            request = sin switch
            {
                Sin.IgnoresBudgets => request with { MaxAttempts = null },
                Sin.IgnoresPaths => request with { MaxReorderings = 0 },
                _ => request,
            };
            using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<TrackedItem?> claiming = base.ClaimAsync(request, stop.Token).AsTask();
            if (sin == Sin.NeverWaits && !claiming.IsCompleted)
            {
                await stop.CancelAsync();
                return null;
            }

            TrackedItem? claim = await claiming;
            lock (_claims)
            {
                if (sin == Sin.ClaimsTwice && _claims.Values.FirstOrDefault() is { } taken)
                {
                    return taken;
                }

                if (claim is not null)
                {
                    _claims[claim.Item.Id] = claim;
                }
            }

            return sin == Sin.ForgetsTokens && claim is not null ? claim with { ResumeToken = null } : claim;
        }

        public override ValueTask<bool> BeginAsync(
            TrackedItem claim,
            AttemptId attempt,
            CancellationToken cancellationToken = default
        ) => sin == Sin.ForgetsBegin ? new(true) : base.BeginAsync(claim, attempt, cancellationToken);

        public override ValueTask<bool> RenewAsync(TrackedItem claim, CancellationToken cancellationToken = default) =>
            sin == Sin.NeverRenews ? new(true) : base.RenewAsync(claim, cancellationToken);

        public override async ValueTask<TrackedItem?> SettleAsync(
            TrackedItem claim,
            Settlement settlement,
            CancellationToken cancellationToken = default
        )
        {
            settlement = (sin, settlement) switch
            {
                (Sin.ForgetsReasons, Settlement.Close close) => close with { Reason = null },
                (Sin.RetriesAtOnce, Settlement.Retry retry) => retry with { Delay = TimeSpan.Zero },
                (Sin.BlamesItemsForNodes, Settlement.Retry retry) => retry with { NodeLost = false },
                (Sin.RetriesReleased, Settlement.Release release) => new Settlement.Retry(
                    TimeSpan.Zero,
                    release.Reason
                ),
                (Sin.ReleasesWhatMerges, Settlement.AwaitMerge) => new Settlement.Release("it merges"),
                _ => settlement,
            };
            TrackedItem? item = await base.SettleAsync(claim, settlement, cancellationToken);
            return sin == Sin.AcceptsLateSettlements && item is null
                ? (await ListAsync(cancellationToken)).First(i => i.Item.Id == claim.Item.Id)
                : item;
        }

        public override ValueTask<bool> CancelAsync(
            string item,
            string reason,
            CancellationToken cancellationToken = default
        ) => sin == Sin.CancelsNothing ? new(false) : base.CancelAsync(item, reason, cancellationToken);

        public override ValueTask<IsolationFault?> EditAsync(
            WorkItem item,
            CancellationToken cancellationToken = default
        ) => sin == Sin.IgnoresEdits ? new(default(IsolationFault)) : base.EditAsync(item, cancellationToken);

        public override ValueTask<bool> ReopenAsync(string item, CancellationToken cancellationToken = default) =>
            sin == Sin.NeverReopens ? new(false) : base.ReopenAsync(item, cancellationToken);

        public override async IAsyncEnumerable<TrackedItem> WatchAsync(
            [EnumeratorCancellation] CancellationToken cancellationToken = default
        )
        {
            if (sin == Sin.WatchesOnlyThePresent)
            {
                foreach (TrackedItem item in await ListAsync(cancellationToken))
                {
                    yield return item;
                }

                yield break;
            }

            await foreach (TrackedItem item in base.WatchAsync(cancellationToken))
            {
                yield return item;
            }
        }

        public override async ValueTask<IReadOnlyList<HistoryEntry>> ReadHistoryAsync(
            string item,
            CancellationToken cancellationToken = default
        )
        {
            IReadOnlyList<HistoryEntry> lines = await base.ReadHistoryAsync(item, cancellationToken);
            return sin == Sin.ForgetsHistory ? [.. lines.TakeLast(1)] : lines;
        }
    }
}
