using Isolation.Sdk;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers pipelines with a host's services.</summary>
public static class IsolationServiceCollectionExtensions
{
    /// <summary>
    /// Registers a pipeline, composed when it is first asked for. The options that the host configures apply, under the
    /// composition.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="repository">The absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddIsolation(
        this IServiceCollection services,
        string repository,
        Action<IsolationPipelineBuilder> compose
    ) => services.AddKeyedIsolation(null, repository, compose);

    /// <summary>Registers a pipeline whose repository is known to the host's services.</summary>
    /// <param name="services">The services.</param>
    /// <param name="repository">Finds the absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddIsolation(
        this IServiceCollection services,
        Func<IServiceProvider, string> repository,
        Action<IServiceProvider, IsolationPipelineBuilder> compose
    ) => services.AddKeyedIsolation(null, repository, compose);

    /// <summary>
    /// Registers a pipeline under a key, for hosts with several repositories. The options of the key's name apply.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key; <see langword="null"/> for none.</param>
    /// <param name="repository">The absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddKeyedIsolation(
        this IServiceCollection services,
        object? key,
        string repository,
        Action<IsolationPipelineBuilder> compose
    )
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(compose);
        return services.AddKeyedIsolation(key, _ => repository, (_, builder) => compose(builder));
    }

    /// <summary>
    /// Registers a pipeline under a key, whose repository is known to the host's services. The options of the key's
    /// name apply.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key; <see langword="null"/> for none.</param>
    /// <param name="repository">Finds the absolute path of the repository.</param>
    /// <param name="compose">Composes it.</param>
    public static IServiceCollection AddKeyedIsolation(
        this IServiceCollection services,
        object? key,
        Func<IServiceProvider, string> repository,
        Action<IServiceProvider, IsolationPipelineBuilder> compose
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(compose);
        services.AddOptions();
        return services.AddKeyedSingleton(key, (provider, requested) =>
        {
            IsolationPipelineBuilder builder = new(repository(provider));
            builder.UseOptionsName(requested as string ?? Options.Options.DefaultName);
            compose(provider, builder);
            return builder.Build(provider);
        });
    }

    /// <summary>
    /// Runs a registered pipeline as a hosted service: it takes items from the tracker until the host shuts down. Then
    /// running attempts have
    /// <see cref="IsolationOptions.DrainTimeout"/> to end, and their workers <see cref="IsolationOptions.StopGrace"/>
    /// to finish or suspend; what is
    /// not done goes back to the tracker. A run that is refused or breaks ends the host.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key of the pipeline; <see langword="null"/> for none.</param>
    public static IServiceCollection AddIsolationHostedService(this IServiceCollection services, object? key = null) =>
        services.AddSingleton<IHostedService>(provider => new IsolationHostedService(
            provider.GetRequiredKeyedService<IsolationPipeline>(key)
        ));

    private sealed class IsolationHostedService(IsolationPipeline pipeline) : BackgroundService
    {
        private IsolationRun? _run;

        public override async Task StopAsync(CancellationToken cancellationToken)
        {
            if (_run is { Completion.IsCompleted: false } run)
            {
                await pipeline.DrainAsync(run, cancellationToken).ConfigureAwait(false);
            }

            await base.StopAsync(cancellationToken).ConfigureAwait(false);
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            if (!stoppingToken.IsCancellationRequested)
            {
                await (_run = pipeline.Start(isHosted: true, CancellationToken.None)).Completion.ConfigureAwait(false);
            }
        }
    }
}
