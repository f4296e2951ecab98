namespace Isolation.Sdk.Testing;

/// <summary>What every axis has to do. Derive from the suite of your axis, and run every one of
/// <see cref="ConformanceSuite.Checks"/> in your test framework.</summary>
/// <example>
/// <code>
/// public sealed class MyProviderConformance : WorkspaceProviderConformance
/// {
/// protected override ValueTask&lt;IWorkspaceProvider&gt; CreateAsync(ThrowawayRepository repository) => new(new
/// MyProvider()); }
///
/// // xunit, for example:
/// public static TheoryData&lt;string&gt; Names => new(new MyProviderConformance().Checks.Select(c => c.Name));
/// [Theory, MemberData(nameof(Names))] public Task Conforms(string check) => new
/// MyProviderConformance().RunAsync(check);
/// </code>
/// </example>
/// <typeparam name="TAxis">The axis.</typeparam>
public abstract class AxisConformance<TAxis> : ConformanceSuite
    where TAxis : class, IIsolationAxis
{
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
                $"Declared sealed, and no check proves it: {unproven}. Add a method with "
                    + $"[Conformance(Proves = …)] to your suite."
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

    /// <summary>Makes the provider that is checked, for a repository that nobody else uses. It is disposed if it can
    /// be.</summary>
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

    private protected override async ValueTask<bool> PromisesAsync(IsolationGuarantees guarantees)
    {
        ConformanceFixture<TAxis> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            return ((await bench.Axis.ProbeAsync(bench.Repository.Reference).ConfigureAwait(false)).Sealed & guarantees)
                != IsolationGuarantees.None;
        }
    }
}
