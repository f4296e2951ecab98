using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Composition;

/// <summary>What axis factories resolve from: the composition's own few services, then the host's.</summary>
internal sealed class CompositionServices(
    IServiceProvider? host,
    TimeProvider? time,
    ILoggerFactory? loggers,
    WorkersDirectory? folder,
    string name = ""
) : IServiceProvider
{
    public TimeProvider Time { get; } =
        time ?? (TimeProvider?)host?.GetService(typeof(TimeProvider)) ?? TimeProvider.System;

    public ILoggerFactory Loggers { get; } =
        new SafeLoggerFactory(
            loggers ?? (ILoggerFactory?)host?.GetService(typeof(ILoggerFactory)) ?? NullLoggerFactory.Instance
        );

    public GitRepositoryCache Repositories { get; } = new();

    /// <summary>Set once the state axis is made; merge gates run in it.</summary>
    public IStateSandbox? Sandbox { get; set; }

    /// <summary>The name of the pipeline's options.</summary>
    public string Name { get; } = name;

    public IServiceProvider? Host { get; } = host;

    public object? GetService(Type serviceType) =>
        serviceType == typeof(TimeProvider) ? Time
        : serviceType == typeof(ILoggerFactory) ? Loggers
        : serviceType == typeof(WorkersDirectory) ? folder
        : serviceType == typeof(GitRepositoryCache) ? Repositories
        : serviceType == typeof(IStateSandbox) ? Sandbox
        : serviceType == typeof(CompositionServices) || serviceType == typeof(IServiceProvider) ? this
        : Host?.GetService(serviceType);
}
