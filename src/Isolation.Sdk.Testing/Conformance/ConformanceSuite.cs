using System.Reflection;

namespace Isolation.Sdk.Testing;

/// <summary>
/// Checks of what every implementation of a seam has to do. Derive from the suite of your seam, and run every one of
/// <see cref="Checks"/> in your test framework.
/// </summary>
public abstract class ConformanceSuite
{
    /// <summary>Every check of this suite, in the order of their names.</summary>
    public IReadOnlyList<ConformanceCheck> Checks =>
        [
            .. GetType()
                .GetMethods(BindingFlags.Public | BindingFlags.Instance)
                .Select(m => (Method: m, Mark: m.GetCustomAttribute<ConformanceAttribute>()))
                .Where(m => m.Mark is not null)
                .Select(m => new ConformanceCheck(m.Method.Name, m.Mark!.Proves, token =>
                    RunAsync(m.Method, m.Mark.Proves, token)
                ))
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ];

    /// <summary>Runs one check by its name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">A token to cancel the operation.</param>
    /// <exception cref="ConformanceException">The implementation broke its contract or a promise.</exception>
    public Task RunAsync(string name, CancellationToken cancellationToken = default) =>
        (
            Checks.FirstOrDefault(c => c.Name == name)
            ?? throw new ArgumentException($"There is no check '{name}'.", nameof(name))
        ).RunAsync(cancellationToken);

    /// <summary>Whether the implementation promises what a check proves.</summary>
    private protected virtual ValueTask<bool> PromisesAsync(IsolationGuarantees guarantees) => new(true);

    private async Task RunAsync(MethodInfo method, IsolationGuarantees proves, CancellationToken cancellationToken)
    {
        if (proves == IsolationGuarantees.None || await PromisesAsync(proves).ConfigureAwait(false))
        {
            await ((Task)method.Invoke(this, BindingFlags.DoNotWrapExceptions, null, null, null)!)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
