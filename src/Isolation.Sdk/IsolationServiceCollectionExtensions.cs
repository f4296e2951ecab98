using Isolation.Sdk;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers pipelines with a host's services.</summary>
public static class IsolationServiceCollectionExtensions
{
    /// <summary>Registers a pipeline, composed with the host's services when it is first asked for. What the host configures of <see cref="IsolationOptions"/> applies, under the composition.</summary>
    /// <param name="services">The services.</param>
    /// <param name="repository">The absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddIsolation(
        this IServiceCollection services,
        string repository,
        Action<IsolationPipelineBuilder> compose
    ) =>
        services.AddSingleton(provider =>
            Build(provider, Microsoft.Extensions.Options.Options.DefaultName, repository, compose)
        );

    /// <summary>Registers a pipeline under a key, for hosts with several repositories. A key that is text is also the name of its <see cref="IsolationOptions"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key.</param>
    /// <param name="repository">The absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddKeyedIsolation(
        this IServiceCollection services,
        object? key,
        string repository,
        Action<IsolationPipelineBuilder> compose
    ) =>
        services.AddKeyedSingleton(key, (provider, _) =>
            Build(provider, key as string ?? Microsoft.Extensions.Options.Options.DefaultName, repository, compose)
        );

    private static IsolationPipeline Build(
        IServiceProvider provider,
        string name,
        string repository,
        Action<IsolationPipelineBuilder> compose
    )
    {
        ArgumentNullException.ThrowIfNull(compose);
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder(repository).UseOptionsName(name);
        builder.Configure(options =>
        {
            // What the host configured first, so that the composition has the last word.
            foreach (
                IConfigureOptions<IsolationOptions> configured in provider.GetServices<
                    IConfigureOptions<IsolationOptions>
                >()
            )
            {
                if (configured is IConfigureNamedOptions<IsolationOptions> named)
                {
                    named.Configure(name, options);
                }
                else if (name == Microsoft.Extensions.Options.Options.DefaultName)
                {
                    configured.Configure(options);
                }
            }
        });
        compose(builder);
        return builder.Build(provider);
    }
}
