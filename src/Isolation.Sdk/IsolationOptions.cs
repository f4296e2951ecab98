namespace Isolation.Sdk;

/// <summary>How a pipeline runs its workers.</summary>
public sealed class IsolationOptions
{
    /// <summary>The most workers at the same time. <value>The number of processors, at most 4: from 5 on the checklist asks for more.</value></summary>
    public int MaxWorkers { get; set; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>The most attempts at one item, the first included. <value>2.</value></summary>
    public int MaxAttempts { get; set; } = 2;

    /// <summary>How long before a further attempt, by the number of the one that failed. <value>1 s, doubled each time, at most 1 min.</value></summary>
    public Func<int, TimeSpan> RetryDelay { get; set; } =
        static failed => TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, failed - 1)));

    /// <summary>How long a runner may take. <value>1 h.</value></summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a setup command may take. <value>10 min.</value></summary>
    public TimeSpan SetupTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a worker may take to finish after it was asked to, before it is ended. <value>10 s.</value></summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After how long without a sign of life a worker is called quiet. <value>5 min.</value></summary>
    public TimeSpan QuietAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What becomes of the workspace of an attempt that failed; its work is pinned in any case. <value><see cref="Isolation.Sdk.ReleaseMode.KeepIfUnmerged"/>: removed, since it is pinned.</value></summary>
    public Isolation.Sdk.ReleaseMode OnFailure { get; set; } = Isolation.Sdk.ReleaseMode.KeepIfUnmerged;
}
