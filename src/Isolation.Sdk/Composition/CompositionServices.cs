using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Runners;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Composition;

// What factories resolve from: the composition's own few services, then the host's, keyed ones too.
internal sealed class CompositionServices(PipelineSettings settings, IServiceProvider? host) : IKeyedServiceProvider
{
    private readonly WorkersDirectory? _workersDirectory = settings.WorkersDirectory is { } path
        ? new WorkersDirectory(path)
        : null;

    public string Name => settings.Name;

    public TimeProvider Time { get; } =
        settings.TimeProvider ?? host?.GetService<TimeProvider>() ?? TimeProvider.System;

    public ILoggerFactory Loggers { get; } =
        new SafeLoggerFactory(
            settings.LoggerFactory ?? host?.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance
        );

    // Replaced once the options are known.
    public GitRepositoryCache Repositories { get; set; } = new();

    public IStateSandbox? Sandbox { get; set; }

    // A gate needs what workers need. Made once the options are known.
    public SetupCommands? Setup { get; set; }

    public object? GetService(Type serviceType) =>
        serviceType == typeof(TimeProvider) ? Time
        : serviceType == typeof(ILoggerFactory) ? Loggers
        : serviceType == typeof(WorkersDirectory) ? _workersDirectory
        : serviceType == typeof(GitRepositoryCache) ? Repositories
        : serviceType == typeof(IStateSandbox) ? Sandbox
        : serviceType == typeof(SetupCommands) ? Setup
        : serviceType == typeof(CompositionServices) || serviceType == typeof(IServiceProvider) ? this
        : host?.GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey) =>
        (host as IKeyedServiceProvider)?.GetKeyedService(serviceType, serviceKey);

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) =>
        GetKeyedService(serviceType, serviceKey)
        ?? throw new InvalidOperationException($"The host has no service {serviceType} with the key '{serviceKey}'.");
}
