using System.Diagnostics.CodeAnalysis;
using Isolation.Sdk.Runners;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>Runs attempts with a delegate.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="run">Carries one attempt out.</param>
    public static IsolationPipelineBuilder RunWith(
        this IsolationPipelineBuilder builder,
        Func<IsolatedWorker, CancellationToken, Task<RunResult>> run
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(run);
        return builder.RunWith(_ => new DelegateRunner(run));
    }

    /// <summary>
    /// Runs attempts with a delegate that says nothing: its end means done, an exception means failed.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="run">Carries one attempt out.</param>
    public static IsolationPipelineBuilder RunWith(
        this IsolationPipelineBuilder builder,
        Func<IsolatedWorker, CancellationToken, Task> run
    )
    {
        ArgumentNullException.ThrowIfNull(run);
        return builder.RunWith(
            async (worker, cancellationToken) =>
            {
                await run(worker, cancellationToken).ConfigureAwait(false);
                return (RunResult)new RunResult.Done();
            }
        );
    }

    /// <summary>
    /// Runs attempts with a runner from the host's services, or made from them, one for each attempt.
    /// </summary>
    /// <typeparam name="TRunner">The runner.</typeparam>
    /// <param name="builder">The builder.</param>
    public static IsolationPipelineBuilder RunWith<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TRunner
    >(this IsolationPipelineBuilder builder)
        where TRunner : class, IAgentRunner
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.RunWith(services => ActivatorUtilities.GetServiceOrCreateInstance<TRunner>(services));
    }
}
