namespace Isolation.Sdk.Contexts;

/// <summary>Makes what a runner starts from.</summary>
public interface IContextFactory : IIsolationAxis
{
    /// <summary>Makes a fresh context: nothing is inherited but what the request names.</summary>
    /// <param name="request">What may go into it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IsolationException">The briefing is over its token budget, or a reference cannot be
    /// read.</exception>
    ValueTask<WorkerContext> CreateAsync(ContextRequest request, CancellationToken cancellationToken = default);
}
