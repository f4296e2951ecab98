using Isolation.Sdk;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers pipelines with a host's services.</summary>
public static class IsolationServiceCollectionExtensions
{
    /// <summary>Registers a pipeline, composed with the host's services when it is first asked for.</summary>
    /// <param name="services">The services.</param>
    /// <param name="repository">The absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddIsolation(this IServiceCollection services, string repository, Action<IsolationPipelineBuilder> compose) =>
        services.AddSingleton(provider => Build(provider, repository, compose));

    /// <summary>Registers a pipeline under a key, for hosts with several repositories.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key.</param>
    /// <param name="repository">The absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddKeyedIsolation(this IServiceCollection services, object? key, string repository, Action<IsolationPipelineBuilder> compose) =>
        services.AddKeyedSingleton(key, (provider, _) => Build(provider, repository, compose));

    private static IsolationPipeline Build(IServiceProvider provider, string repository, Action<IsolationPipelineBuilder> compose)
    {
        ArgumentNullException.ThrowIfNull(compose);
        IsolationPipelineBuilder builder = new(repository);
        compose(builder);
        return builder.Build(provider);
    }
}
