using Isolation.Sdk.Dispatching;
using Polly;

namespace Isolation.Sdk.Attempts;

/// <summary>What wraps the run of one attempt: its time limit, then the host's strategies.</summary>
internal sealed class AttemptResilience
{
    private readonly ResiliencePipeline<RunResult> _pipeline;
    private readonly TimeSpan _grace;
    private readonly TimeProvider _time;

    public AttemptResilience(WorkerPlan plan)
    {
        (_grace, _time) = (plan.Options.StopGrace, plan.Time);
        ResiliencePipelineBuilder<RunResult> builder = new() { TimeProvider = _time };
        plan.Resilience?.Invoke(builder);
        _pipeline = builder.Build();
    }

    /// <summary>Runs, asks to finish when the time is up, and ends the run a grace period later.</summary>
    public async Task<RunResult> RunAsync(
        IAgentRunner runner,
        IsolatedWorker worker,
        WorkerStopSource stop,
        TimeSpan limit,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource ended = new();
        ITimer timer = _time.CreateTimer(
            _ => _ = stop.RequestAsync(StopReason.TimedOut, _grace, ended.Token),
            null,
            limit,
            Timeout.InfiniteTimeSpan
        );
        await using (timer.ConfigureAwait(false))
        {
            try
            {
                return await _pipeline
                    .ExecuteAsync(
                        async token =>
                            await runner.RunAsync(worker, token).ConfigureAwait(false)
                            ?? new RunResult.Failed("The runner returned nothing."),
                        cancellationToken
                    )
                    .ConfigureAwait(false);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
            }
        }
    }
}
