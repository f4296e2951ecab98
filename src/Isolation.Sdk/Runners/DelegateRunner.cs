namespace Isolation.Sdk.Runners;

/// <summary>A runner that is one function.</summary>
internal sealed class DelegateRunner(Func<IsolatedWorker, CancellationToken, Task<RunResult>> run) : IAgentRunner
{
    public Task<RunResult> RunAsync(IsolatedWorker worker, CancellationToken cancellationToken) =>
        run(worker, cancellationToken);
}
