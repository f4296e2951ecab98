using System.Reflection;

namespace Isolation.Sdk.Testing;

/// <summary>What every axis has to do. Derive from the suite of your axis, and run every one of <see cref="Checks"/> in your test framework.</summary>
/// <example>
/// <code>
/// public sealed class MyProviderConformance : WorkspaceProviderConformance
/// {
///     protected override ValueTask&lt;IWorkspaceProvider&gt; CreateAsync(ThrowawayRepository repository) => new(new MyProvider());
/// }
///
/// // xunit, for example:
/// public static TheoryData&lt;string&gt; Names => new(new MyProviderConformance().Checks.Select(c => c.Name));
/// [Theory, MemberData(nameof(Names))] public Task Conforms(string check) => new MyProviderConformance().RunAsync(check);
/// </code>
/// </example>
/// <typeparam name="TAxis">The axis.</typeparam>
public abstract class AxisConformance<TAxis>
    where TAxis : class, IIsolationAxis
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
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConformanceException">The axis broke its contract or a promise.</exception>
    public Task RunAsync(string name, CancellationToken cancellationToken = default) =>
        (
            Checks.FirstOrDefault(c => c.Name == name)
            ?? throw new ArgumentException($"There is no check '{name}'.", nameof(name))
        ).RunAsync(cancellationToken);

    /// <summary>Each flag that the axis declares sealed is proven by a check of the suite.</summary>
    [Conformance]
    public async Task Every_sealed_guarantee_has_a_check()
    {
        ConformanceFixture<TAxis> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            ProbeResult report = await bench.Axis.ProbeAsync(bench.Repository.Reference).ConfigureAwait(false);
            IsolationGuarantees proven = Checks.Aggregate(IsolationGuarantees.None, (all, c) => all | c.Proves);
            IsolationGuarantees unproven = report.Sealed & ~proven;
            ConformanceException.Require(
                unproven == IsolationGuarantees.None,
                $"Declared sealed, and no check proves it: {unproven}. Add a method with [Conformance(Proves = …)] to your suite."
            );
            ConformanceException.Require(
                (report.Sealed & report.Detected) == IsolationGuarantees.None,
                $"Both sealed and detected: {report.Sealed & report.Detected}. What cannot happen needs no watching."
            );
        }
    }

    /// <summary>A probe may be asked at any time: it changes nothing.</summary>
    [Conformance]
    public async Task A_probe_changes_nothing_and_answers_the_same_twice()
    {
        ConformanceFixture<TAxis> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            LeakSnapshot before = await LeakAssert.SnapshotAsync(bench.Repository.Path).ConfigureAwait(false);
            ProbeResult one = await bench.Axis.ProbeAsync(bench.Repository.Reference).ConfigureAwait(false);
            ProbeResult two = await bench.Axis.ProbeAsync(bench.Repository.Reference).ConfigureAwait(false);
            ConformanceException.Require(
                (one.Sealed, one.Detected) == (two.Sealed, two.Detected),
                "Two probes gave two answers."
            );
            await before.AssertNothingLeakedAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Makes the provider that is checked, for a repository that nobody else uses. It is disposed if it can be.</summary>
    /// <param name="repository">The repository: one commit on <c>main</c>, which is checked out.</param>
    protected abstract ValueTask<TAxis> CreateAsync(ThrowawayRepository repository);

    internal async Task<ConformanceFixture<TAxis>> StartAsync()
    {
        ThrowawayRepository repository = await ThrowawayRepository.CreateAsync().ConfigureAwait(false);
        try
        {
            string head = await repository
                .CommitAsync(
                    "Files",
                    new Dictionary<string, string> { ["shared.txt"] = "one\n", ["src/code.txt"] = "code\n" }
                )
                .ConfigureAwait(false);
            return new ConformanceFixture<TAxis>(repository, await CreateAsync(repository).ConfigureAwait(false), head);
        }
        catch
        {
            await repository.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task RunAsync(MethodInfo method, IsolationGuarantees proves, CancellationToken cancellationToken)
    {
        if (proves == IsolationGuarantees.None || await DeclaresAsync(proves).ConfigureAwait(false))
        {
            await ((Task)method.Invoke(this, BindingFlags.DoNotWrapExceptions, null, null, null)!)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task<bool> DeclaresAsync(IsolationGuarantees proves)
    {
        ConformanceFixture<TAxis> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            return ((await bench.Axis.ProbeAsync(bench.Repository.Reference).ConfigureAwait(false)).Sealed & proves)
                != IsolationGuarantees.None;
        }
    }
}
