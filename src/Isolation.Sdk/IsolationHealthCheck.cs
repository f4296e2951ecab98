using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Isolation.Sdk;

/// <summary>
/// The health of one pipeline: unhealthy when its run was refused or broke, degraded while a worker shows no sign of
/// life. It starts no process and reads no file.
/// </summary>
/// <param name="pipeline">The pipeline.</param>
/// <example>
/// <code>
/// services.AddHealthChecks().AddCheck&lt;IsolationHealthCheck&gt;("isolation");
/// </code>
/// </example>
public sealed class IsolationHealthCheck(IsolationPipeline pipeline) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        Dictionary<string, object> data = pipeline
            .Workers.CountBy(w => w.Liveness)
            .ToDictionary(w => w.Key.ToString().ToLowerInvariant(), w => (object)w.Value);
        return Task.FromResult(
            pipeline.Fault is { } fault
                ? new HealthCheckResult(context.Registration.FailureStatus, fault.Message, fault, data)
            : data.ContainsKey("quiet") || data.ContainsKey("dead")
                ? HealthCheckResult.Degraded("A worker shows no sign of life.", data: data)
            : HealthCheckResult.Healthy(pipeline.IsRunning ? "A run is under way." : "No run is under way.", data)
        );
    }
}
