using Isolation.Sdk.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Attempts;

/// <summary>A service scope of one worker's own; empty when the host has no services.</summary>
internal sealed class WorkerServices : IAsyncDisposable
{
    private readonly AsyncServiceScope? _scope;

    public WorkerServices(CompositionServices composition)
    {
        _scope = composition.Host?.GetService(typeof(IServiceScopeFactory)) is IServiceScopeFactory factory
            ? factory.CreateAsyncScope()
            : null;
        Provider = _scope?.ServiceProvider ?? composition.Host ?? composition;
    }

    public IServiceProvider Provider { get; }

    public ValueTask DisposeAsync() => _scope?.DisposeAsync() ?? ValueTask.CompletedTask;
}
