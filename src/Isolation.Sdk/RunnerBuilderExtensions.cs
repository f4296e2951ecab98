using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Isolation.Sdk.Runners;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk;

public static partial class IsolationBuilderExtensions
{
    /// <summary>Runs attempts with a delegate.</summary>
    // A delegate that only throws suits every overload.
    [OverloadResolutionPriority(1)]
    public static IsolationPipelineBuilder RunWith(
        this IsolationPipelineBuilder builder,
        Func<IsolatedWorker, CancellationToken, Task<RunResult>> run
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(run);
        return builder.RunWith(_ => new DelegateRunner(run));
    }

    /// <summary>Runs attempts with a delegate that returns one kind of result.</summary>
    /// <typeparam name="TResult">The kind.</typeparam>
    public static IsolationPipelineBuilder RunWith<TResult>(
        this IsolationPipelineBuilder builder,
        Func<IsolatedWorker, CancellationToken, Task<TResult>> run
    )
        where TResult : RunResult
    {
        ArgumentNullException.ThrowIfNull(run);
        return builder.RunWith(
            async (worker, cancellationToken) => (RunResult)await run(worker, cancellationToken).ConfigureAwait(false)
        );
    }

    /// <summary>Runs attempts with a delegate that ends with a command: exit code 0 means done, any other
    /// failed.</summary>
    public static IsolationPipelineBuilder RunWith(
        this IsolationPipelineBuilder builder,
        Func<IsolatedWorker, CancellationToken, Task<ExecResult>> run
    )
    {
        ArgumentNullException.ThrowIfNull(run);
        return builder.RunWith(
            async (worker, cancellationToken) =>
                DelegateRunner.ResultOf(await run(worker, cancellationToken).ConfigureAwait(false))
        );
    }

    /// <summary>Runs attempts with a delegate that returns nothing: its end means done, an exception means
    /// failed.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="run">Carries one attempt out. A task with a result of another kind fails the attempt with
    /// ISO0754.</param>
    public static IsolationPipelineBuilder RunWith(
        this IsolationPipelineBuilder builder,
        Func<IsolatedWorker, CancellationToken, Task> run
    )
    {
        ArgumentNullException.ThrowIfNull(run);
        return builder.RunWith(
            async (worker, cancellationToken) =>
            {
                Task ended = run(worker, cancellationToken);
                await ended.ConfigureAwait(false);
                return DelegateRunner.ResultOf(ended);
            }
        );
    }

    /// <summary>
    /// Runs attempts with a runner from the host's services, or made from them, one for each attempt.
    /// </summary>
    /// <typeparam name="TRunner">The runner.</typeparam>
    public static IsolationPipelineBuilder RunWith<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TRunner
    >(this IsolationPipelineBuilder builder)
        where TRunner : class, IAgentRunner
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.RunWith(services => ActivatorUtilities.GetServiceOrCreateInstance<TRunner>(services));
    }
}
