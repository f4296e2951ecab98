using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Isolation.Sdk.Dispatching;
using Isolation.Sdk.Tracking;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

/// <summary>
/// What every <see cref="IWorkerDispatcher"/> has to do, wherever it runs attempts. Its machines need <c>sh</c>, and a
/// runner named <see cref="Runner"/>: <c>AddRunner("script", "sh", "-c", "{instructions}", "sh", "{briefing}")</c>.
/// </summary>
public abstract class WorkerDispatcherConformance : ConformanceSuite
{
    /// <summary>The name of the runner that carries out the suite's items.</summary>
    public const string Runner = "script";

    private const string Say = "say() { printf '%s\\n' \"$1\" >> \"$ISOLATION_EVENTS\"; }; ";
    private const string Commit = "echo made > made.txt && git add -A && git commit -qm made";
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);

    /// <summary>A commit, and the report that says so, come back.</summary>
    [Conformance]
    public Task Work_lands_with_the_report_of_its_attempt() =>
        OnAsync(async run =>
        {
            WorkItemResult result = await run.RunAsync(Commit).ConfigureAwait(false);
            RequireEqual(ItemOutcome.Landed, result.Outcome, $"Wrong: the outcome, which says '{result.Reason}'.");
            RequireEqual(new AttemptId("a", 1), result.Attempts[^1].Attempt, "Wrong: the attempt of the report.");
            RequireSequence(["made.txt"], result.Attempts[^1].Changes.Select(c => c.Path), "Wrong: the changes.");
        });

    /// <summary>A failure is a report, not an exception.</summary>
    [Conformance]
    public Task A_failure_is_a_report() =>
        OnAsync(async run =>
        {
            WorkItemResult result = await run.RunAsync("exit 3").ConfigureAwait(false);
            Require(
                result.Attempts is [{ Result: RunResult.Failed }],
                $"Wrong: a failed attempt has no report. The result says '{result.Reason}'."
            );
        });

    /// <summary>An attempt that runs is joined, and not started a second time.</summary>
    [Conformance]
    public Task Dispatching_a_running_attempt_joins_it() =>
        OnAsync(async run =>
        {
            string started = run.PathOf("started");
            run.DispatchTwice = true;
            WorkItemResult result = await run.RunAsync($"echo x >> '{started}'; sleep 1; {Commit}")
                .ConfigureAwait(false);
            RequireEqual(ItemOutcome.Landed, result.Outcome, $"Wrong: the outcome, which says '{result.Reason}'.");
            int starts = (await File.ReadAllLinesAsync(started).ConfigureAwait(false)).Length;
            RequireEqual(1, starts, "Wrong: how often the attempt was started.");
            RequireEqual(
                1,
                run.Reports.Select(r => r.Commit).Distinct(StringComparer.Ordinal).Count(),
                "Wrong: the commits that two callers were told."
            );
        });

    /// <summary>A message reaches the worker's inbox.</summary>
    [Conformance]
    public Task A_message_reaches_its_worker() =>
        OnAsync(async run =>
        {
            await run.StartAsync(
                    Say
                        + """say '{"phase":"asks"}'; until grep -q v2 "$ISOLATION_INBOX"; do sleep 0.05; done; """
                        + Commit
                )
                .ConfigureAwait(false);
            Require(
                await run.Dispatcher.SendAsync(run.Attempt, new WorkerMessage("answer", "v2")).ConfigureAwait(false),
                "A running worker was said to run nowhere."
            );
            RequireEqual(
                ItemOutcome.Landed,
                (await run.EndAsync().ConfigureAwait(false)).Outcome,
                "Wrong: the outcome of a worker that waited for a message."
            );
        });

    /// <summary>Nothing can be sent to an attempt that runs nowhere, and it cannot be stopped.</summary>
    [Conformance]
    public Task An_attempt_that_runs_nowhere_is_said_to() =>
        OnAsync(async run =>
        {
            await run.StartAsync(Say + """say '{"phase":"on"}'; sleep 1""").ConfigureAwait(false);
            AttemptId nowhere = new("nowhere", 7);
            Require(
                !await run.Dispatcher.SendAsync(nowhere, new WorkerMessage("answer", "v2")).ConfigureAwait(false)
                    && !await run.Dispatcher.StopAsync(nowhere, TimeSpan.Zero).ConfigureAwait(false),
                "An attempt that runs nowhere was said to run."
            );
            await run.EndAsync().ConfigureAwait(false);
        });

    /// <summary>A stop asks first, and returns when the attempt has ended.</summary>
    [Conformance]
    public Task A_stop_asks_first_and_returns_when_it_has_ended() =>
        OnAsync(async run =>
        {
            string ended = run.PathOf("ended");
            await run.StartAsync(
                    Say
                        + $"trap 'sleep 2; touch \"{ended}\"; exit 1' TERM; "
                        + """say '{"phase":"on"}'; while :; do sleep 0.05; done"""
                )
                .ConfigureAwait(false);
            Require(
                await run.Dispatcher.StopAsync(run.Attempt, TimeSpan.FromSeconds(30)).ConfigureAwait(false),
                "A running worker was said to run nowhere."
            );
            Require(File.Exists(ended), "A stop returned before the worker had ended, or did not ask first.");
            await run.EndAsync().ConfigureAwait(false);
        });

    /// <summary>What runs is listed with its base, and what has ended is not.</summary>
    [Conformance]
    public Task What_runs_is_listed() =>
        OnAsync(async run =>
        {
            string go = run.PathOf("go");
            await run.StartAsync(Say + $$"""say '{"phase":"on"}'; until [ -e '{{go}}' ]; do sleep 0.05; done""")
                .ConfigureAwait(false);
            List<DispatchedAttempt> listed = [];
            await foreach (DispatchedAttempt attempt in run.Dispatcher.ListAsync().ConfigureAwait(false))
            {
                listed.Add(attempt);
            }

            RequireSequence([run.Attempt], listed.Select(l => l.Attempt), "Wrong: the attempts that are listed.");
            RequireEqual(run.Head, listed[0].BaseCommit, "Wrong: the base of a listed attempt.");
            await File.WriteAllTextAsync(go, "").ConfigureAwait(false);
            await run.EndAsync().ConfigureAwait(false);
        });

    /// <summary>Events reach the status, comments the history, and notes the workers of later items.</summary>
    [Conformance]
    public Task Events_comments_and_notes_come_back() =>
        OnAsync(async run =>
        {
            await run.StartAsync(
                    Say
                        + """say '{"phase":"on"}'; say '{"comment":"chose v2"}'; """
                        + """say '{"handoff":"The client lives in src/Client.cs."}'; """
                        + Commit,
                    "grep -q 'src/[C]lient.cs' \"$1\" || exit 3"
                )
                .ConfigureAwait(false);
            await run.EndAsync().ConfigureAwait(false);
            IReadOnlyList<HistoryEntry> history = await run.Tracker.ReadHistoryAsync("a").ConfigureAwait(false);
            Require(history.Any(h => h.Text == "chose v2"), "A comment is not in the item's history.");
            RequireEqual(
                ItemOutcome.NoChange,
                run.Results.Single(r => r.Item.Id == "later").Outcome,
                "Wrong: the outcome of an item that looks for a note of the one before."
            );
        });

    /// <summary>A cancelled attempt ends in order: its work is reported and pinned.</summary>
    [Conformance]
    public Task A_cancelled_attempt_reports_what_it_had() =>
        OnAsync(async run =>
        {
            await run.StartAsync(Say + Commit + """; say '{"phase":"on"}'; exec sleep 20""").ConfigureAwait(false);
            long cancelled = TimeProvider.System.GetTimestamp();
            await run.CancelAsync().ConfigureAwait(false);
            Require(
                TimeProvider.System.GetElapsedTime(cancelled) < TimeSpan.FromSeconds(15),
                "A cancelled attempt ran on."
            );
            Require(run.Reports.Any(r => r.Commit is { } c && c != run.Head), "A cancelled attempt's work is lost.");
        });

    /// <summary>Gets the machines ready for a repository, before anything is dispatched.</summary>
    /// <param name="repository">The repository that attempts come from.</param>
    protected virtual ValueTask PrepareAsync(ThrowawayRepository repository) => ValueTask.CompletedTask;

    /// <summary>Makes the dispatcher that is checked.</summary>
    /// <param name="inner">The one that runs attempts in this process.</param>
    /// <param name="host">What everything comes back through.</param>
    protected abstract IWorkerDispatcher Create(IWorkerDispatcher inner, DispatchHost host);

    private async Task OnAsync(Func<Session, Task> check)
    {
        ThrowawayRepository repository = await ThrowawayRepository.CreateAsync().ConfigureAwait(false);
        await using ConfiguredAsyncDisposable ending = repository.ConfigureAwait(false);
        await PrepareAsync(repository).ConfigureAwait(false);
        string head = await repository.GitAsync(["rev-parse", "main"]).ConfigureAwait(false);
        Session session = new(this, repository, head);
        await using ConfiguredAsyncDisposable closing = session.ConfigureAwait(false);
        await check(session).WaitAsync(MaxWait).ConfigureAwait(false);
    }

    /// <summary>One run through the dispatcher, which notes what it answers.</summary>
    private sealed class Session(WorkerDispatcherConformance suite, ThrowawayRepository repository, string head)
        : IAsyncDisposable
    {
        private readonly CancellationTokenSource _cancel = new();
        private IsolationPipeline? _pipeline;
        private IsolationRun? _run;

        public AttemptId Attempt { get; } = new("a", 1);

        public string Head { get; } = head;

        public bool DispatchTwice { get; set; }

        public ConcurrentQueue<AttemptReport> Reports { get; } = new();

        public InMemoryWorkTracker Tracker { get; } = new();

        public IReadOnlyList<WorkItemResult> Results { get; private set; } = [];

        public IWorkerDispatcher Dispatcher { get; private set; } = null!;

        public string PathOf(string name) => Path.Combine(repository.Root, name);

        public async Task<WorkItemResult> RunAsync(string script)
        {
            Begin(script);
            return await EndAsync().ConfigureAwait(false);
        }

        /// <summary>Starts, and waits for the worker to say its phase.</summary>
        public async Task StartAsync(string script, string? later = null)
        {
            Begin(script, later);
            using CancellationTokenSource patience = new(MaxWait);
            while (
                !_run!.Completion.IsCompleted
                && !_pipeline!.Workers.Any(w => w.Attempt == Attempt && w.Phase is not null)
            )
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token)
                    .ConfigureAwait(false);
            }

            Require(
                _pipeline!.Workers.Any(w => w.Attempt == Attempt && w.Phase is not null),
                "A worker's events did not come back."
            );
        }

        public async Task<WorkItemResult> EndAsync()
        {
            Results = (await _run!.Completion.ConfigureAwait(false)).Items;
            return Results.Single(r => r.Item.Id == "a");
        }

        public async Task CancelAsync()
        {
            await _cancel.CancelAsync().ConfigureAwait(false);
            await _run!.Completion.ConfigureAwait(false);
        }

        public async ValueTask DisposeAsync()
        {
            if (_run is not null)
            {
                await _run.DisposeAsync().ConfigureAwait(false);
                await _pipeline!.DisposeAsync().ConfigureAwait(false);
            }

            _cancel.Dispose();
        }

        private void Begin(string script, string? later = null)
        {
            List<WorkItem> items = [new WorkItem("a", "A") { Instructions = script }];
            if (later is not null)
            {
                items.Add(new WorkItem("later", "Later") { Instructions = later, BlockedBy = ["a"] });
            }

            _pipeline = new IsolationPipelineBuilder(repository.Path)
                .Configure(o => (o.MaxAttempts, o.StopGrace) = (1, TimeSpan.FromSeconds(5)))
                .AddRunner(Runner, "sh", "-c", "{instructions}", "sh", "{briefing}")
                .UseRunner(Runner)
                .UseTracker(_ => Tracker)
                .UseDispatcher(
                    (inner, host) =>
                    {
                        Dispatcher = suite.Create(inner, host);
                        return new Recording(this, Dispatcher);
                    }
                )
                .Merging.UseFirstWins()
                .Target("landing", from: "main")
                .Build();
            _run = _pipeline.Start(items, _cancel.Token);
        }

        private sealed class Recording(Session session, IWorkerDispatcher inner) : IWorkerDispatcher
        {
            public async Task<AttemptReport> DispatchAsync(
                WorkerAssignment assignment,
                CancellationToken cancellationToken = default
            )
            {
                Task<AttemptReport> first = inner.DispatchAsync(assignment, cancellationToken);
                if (session.DispatchTwice)
                {
                    session.Reports.Enqueue(
                        await inner.DispatchAsync(assignment, cancellationToken).ConfigureAwait(false)
                    );
                }

                AttemptReport report = await first.ConfigureAwait(false);
                session.Reports.Enqueue(report);
                return report;
            }

            public ValueTask<bool> SendAsync(
                AttemptId attempt,
                WorkerMessage message,
                CancellationToken cancellationToken = default
            ) => inner.SendAsync(attempt, message, cancellationToken);

            public ValueTask<bool> StopAsync(
                AttemptId attempt,
                TimeSpan grace,
                CancellationToken cancellationToken = default
            ) => inner.StopAsync(attempt, grace, cancellationToken);

            public IAsyncEnumerable<DispatchedAttempt> ListAsync(CancellationToken cancellationToken = default) =>
                inner.ListAsync(cancellationToken);
        }
    }
}
