using Isolation.Sdk.Dispatching;
using Polly;
using Polly.Timeout;

namespace Isolation.Sdk.Attempts;

/// <summary>What wraps the run of one attempt: the host's strategies, then the time limit.</summary>
internal sealed class AttemptResilience
{
    private readonly ResiliencePipeline<RunResult> _pipeline;
    private readonly IsolationOptions _options;
    private readonly TimeProvider _time;

    public AttemptResilience(WorkerPlan plan)
    {
        _options = plan.Options;
        _time = plan.Time;
        ResiliencePipelineBuilder<RunResult> builder = new() { TimeProvider = _time };
        plan.Resilience?.Invoke(builder);
        builder.AddTimeout(
            new TimeoutStrategyOptions
            {
                TimeoutGenerator = _ => ValueTask.FromResult(_options.AttemptTimeout + _options.StopGrace),
            }
        );
        _pipeline = builder.Build();
    }

    /// <summary>Runs, asks to finish when the time is up, and ends the run a grace later.</summary>
    public async Task<RunResult> RunAsync(
        IAgentRunner runner,
        IsolatedWorker worker,
        WorkerStopSource stop,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource ended = new();
        ITimer limit = _time.CreateTimer(
            _ => _ = stop.RequestAsync(StopReason.TimedOut, _options.StopGrace, ended.Token),
            null,
            _options.AttemptTimeout,
            Timeout.InfiniteTimeSpan
        );
        await using (limit.ConfigureAwait(false))
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
