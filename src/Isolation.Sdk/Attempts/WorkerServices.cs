using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Attempts;

/// <summary>A service scope of one worker's own; empty when the host has no services.</summary>
internal sealed class WorkerServices : IAsyncDisposable
{
    private readonly AsyncServiceScope? _scope;

    public WorkerServices(IServiceProvider services)
    {
        _scope = services.GetService(typeof(IServiceScopeFactory)) is IServiceScopeFactory factory
            ? factory.CreateAsyncScope()
            : null;
        Provider = _scope?.ServiceProvider ?? services;
    }

    public IServiceProvider Provider { get; }

    public ValueTask DisposeAsync() => _scope?.DisposeAsync() ?? ValueTask.CompletedTask;
}
