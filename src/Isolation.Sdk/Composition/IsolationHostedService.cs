using Microsoft.Extensions.Hosting;

namespace Isolation.Sdk.Composition;

/// <summary>Runs the items of a pipeline's tracker until the host shuts down. What refuses the run ends the
/// host.</summary>
internal sealed class IsolationHostedService(IsolationPipeline pipeline) : BackgroundService
{
    private IsolationRun? _run;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_run is { Completion.IsCompleted: false } run)
        {
            await pipeline.DrainAsync(run, cancellationToken).ConfigureAwait(false);
        }

        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!stoppingToken.IsCancellationRequested)
        {
            await (_run = pipeline.Start(CancellationToken.None)).Completion.ConfigureAwait(false);
        }
    }
}
