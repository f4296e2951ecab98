namespace Isolation.Sdk.Runners;

/// <summary>How a process is run and stopped.</summary>
internal sealed class ProcessRunnerOptions
{
    /// <summary>How long a process may take to finish once it was asked to. <value>10 seconds.</value></summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often its reports are looked for. <value>200 milliseconds.</value></summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(200);
}
