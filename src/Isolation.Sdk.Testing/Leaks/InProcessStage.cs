using Isolation.Sdk.Running;

namespace Isolation.Sdk.Testing;

/// <summary>Two workers that are code of this process: called one after the other, as a program does that knows nothing of all this, or runners of a real pipeline.</summary>
internal sealed class InProcessStage(LeakPlace place, LeakSetup? setup) : LeakStage(place)
{
    public override LeakWorker A => throw new NotSupportedException("It has no scripts.");

    public override LeakWorker B => A;

    public override async Task RunAsync(LeakProbe probe, CancellationToken cancellationToken)
    {
        InProcessTurns turns = ((InProcessProbe)probe).Create(Place.Word);
        try
        {
            if (setup is null)
            {
                turns.Host?.Invoke();
                using CancellationTokenSource source = new();
                InProcessTurn shared = new(null, source.Token, source.Cancel);
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

    private async Task RunAsync(InProcessTurns turns, LeakSetup reached, CancellationToken cancellationToken)
    {
        Runners runners = new(turns);
        IsolationPipeline pipeline = new IsolationPipelineBuilder(Place.Repository.Path)
            .Configure(o => (o.MaxWorkers, o.MaxAttempts, o.StopGrace) = (2, 1, TimeSpan.Zero))
            .Target("landing", from: "main")
            .WorkersAt(Place.Workers)
            .UseLevel(reached.Level)
            .Merging.UseFirstWins()
            .RunWith(runners.RunAsync)
            .Build();
        await using (pipeline.ConfigureAwait(false))
        {
            turns.Host?.Invoke();
            runners.Flow = reached.Lacks(LeakSeals.Flow) ? ExecutionContext.Capture() : null;
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
                            $"The workers did not end well: {string.Join("; ", attempts.Select(a => a.Fault?.ToString() ?? a.Result.ToString()))}"
                        )
                );
                Findings =
                [
                    .. attempts.SelectMany(a =>
                        a.Contamination.Concat(
                            a.Notices.Where(n =>
                                turns.Noticed is { } named && n.Contains(named, StringComparison.Ordinal)
                            )
                        )
                    ),
                ];
            }
        }
    }

    private void Saw(bool leak) => Saw(leak, leak ? "B noticed it" : "B did not notice it");

    /// <summary>Both are there when the offender does it; the victim looks then, and the offender stays until it has.</summary>
    private sealed class Runners(InProcessTurns turns)
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
            InProcessTurn turn = new(worker, cancellationToken, own.Cancel);
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
