namespace Isolation.Sdk.Monitoring;

/// <summary>Where a registry looks, and how it judges.</summary>
public sealed class WorkerMonitorOptions
{
    /// <summary>The workers' folder, if the pipeline was told one by <see cref="IsolationPipelineBuilder.UseWorkersDirectory"/>. <value>Beside the repository, <c>&lt;repo&gt;.workers</c>.</value></summary>
    public string? WorkersDirectory { get; set; }

    /// <summary>After how long without a sign of life a worker is called quiet. <value>5 min.</value></summary>
    public TimeSpan QuietAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The clock. <value>The system's.</value></summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
