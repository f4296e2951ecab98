namespace Isolation.Sdk.Leaks;

/// <summary>Two workers that are code of this process: called one after the other, as a program does that knows nothing
/// of all this, or runners of a real pipeline.</summary>
internal sealed class InProcessScenario(LeakFixture place, LeakSetup? setup) : LeakScenario(place)
{
    public override LeakWorker A => throw new NotSupportedException("It has no scripts.");

    public override LeakWorker B => A;

    public override async Task RunAsync(LeakProbe probe, CancellationToken cancellationToken)
    {
        InProcessSteps turns = ((InProcessProbe)probe).Create(Fixture.UniqueName);
        try
        {
            if (setup is null)
            {
                turns.Host?.Invoke();
                using CancellationTokenSource source = new();
                InProcessStepContext shared = new(null, source.Token, source.Cancel);
                await turns.A(shared).ConfigureAwait(false);
                Saw(turns.B(shared));
            }
            else
            {
                await RunAsync(turns, setup, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            turns.Undo?.Invoke();
        }
    }

    private async Task RunAsync(InProcessSteps turns, LeakSetup reached, CancellationToken cancellationToken)
    {
        RunnerPair runners = new(turns);
        IsolationPipeline pipeline = new IsolationPipelineBuilder(Fixture.Repository.Path)
            .Configure(o => (o.MaxWorkers, o.MaxAttempts, o.StopGrace) = (2, 1, TimeSpan.Zero))
            .Target("landing", from: "main")
            .UseWorkersDirectory(Fixture.WorkersDirectory)
            .UseLevel(reached.Level)
            .Merging.UseFirstWins()
            .RunWith(runners.RunAsync)
            .Build();
        await using (pipeline.ConfigureAwait(false))
        {
            turns.Host?.Invoke();
            runners.Flow = reached.IsDisabled(LeakMechanisms.Flow) ? ExecutionContext.Capture() : null;
            IsolationRun run = pipeline.Start(
                [new WorkItem("a", "Leak"), new WorkItem("b", "Notice")],
                cancellationToken
            );
            await using (((IAsyncDisposable)run).ConfigureAwait(false))
            {
                IsolationSummary summary = await run.Completion.ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                AttemptReport[] attempts = [.. summary.Items.SelectMany(i => i.Attempts)];
                Saw(
                    runners.Noticed
                        ?? throw new InvalidOperationException(
                            "The workers did not end well: "
                                + string.Join("; ", attempts.Select(a => a.Fault?.ToString() ?? a.Result.ToString()))
                        )
                );
                Findings =
                [
                    .. attempts.SelectMany(a =>
                        a.Contamination.Concat(
                            a.Notices.Where(n =>
                                turns.NoticePattern is { } named && n.Contains(named, StringComparison.Ordinal)
                            )
                        )
                    ),
                ];
            }
        }
    }

    private void Saw(bool leak) => Report(leak, leak ? "B noticed it" : "B did not notice it");

    /// <summary>Both are there when the offender does it; the victim looks then, and the offender stays until it
    /// has.</summary>
    private sealed class RunnerPair(InProcessSteps turns)
    {
        private readonly TaskCompletionSource _there = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool? Noticed { get; private set; }

        /// <summary>The host's flow, where workers are to run in it.</summary>
        public ExecutionContext? Flow { get; set; }

        public async Task RunAsync(IsolatedWorker worker, CancellationToken cancellationToken)
        {
            using CancellationTokenSource own = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            InProcessStepContext turn = new(worker, cancellationToken, own.Cancel);
            if (worker.Item.Id == "a")
            {
                // Not awaited: what a worker does before it first waits is what some rows are about.
                _there.Task.Wait(cancellationToken);
                try
                {
                    await In(() => turns.A(turn)).ConfigureAwait(false);
                    _done.SetResult();
                }
                catch (Exception e)
                {
                    _done.SetException(e);
                    throw;
                }

                await _looked.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
                return;
            }

            _there.SetResult();
            await _done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            Noticed = In(() => turns.B(turn));
            _looked.SetResult();
        }

        private T In<T>(Func<T> act)
        {
            if (Flow is null)
            {
                return act();
            }

            T? made = default;
            ExecutionContext.Run(Flow, _ => made = act(), null);
            return made!;
        }
    }
}
