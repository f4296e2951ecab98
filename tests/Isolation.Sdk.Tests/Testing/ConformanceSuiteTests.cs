using Isolation.Sdk.Leases;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Testing;

/// <summary>The suites find what is broken: a provider that lies, forgets or leaks does not pass.</summary>
public sealed class ConformanceSuiteTests
{
    [IsolationFact]
    public async Task A_promise_without_a_check_fails()
    {
        ConformanceException failed = await FailsAsync(
            new BrokenSuite { Claims = IsolationGuarantees.Resources },
            nameof(WorkspaceProviderConformance.Every_sealed_guarantee_has_a_check)
        );

        Assert.Contains("Resources", failed.Message, StringComparison.Ordinal);
    }

    [IsolationTheory(DefaultRows = 1)]
    [InlineData(IsolationGuarantees.Refs, nameof(WorkspaceProviderConformance.Refs_of_one_are_not_the_refs_of_another))]
    [InlineData(
        IsolationGuarantees.GitConfig,
        nameof(WorkspaceProviderConformance.Config_of_one_is_not_the_config_of_another)
    )]
    [InlineData(
        IsolationGuarantees.Stash,
        nameof(WorkspaceProviderConformance.Stashes_of_one_are_not_the_stashes_of_another)
    )]
    public async Task A_promise_that_does_not_hold_fails(IsolationGuarantees claims, string check) =>
        await FailsAsync(new BrokenSuite { Claims = claims }, check);

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_hook_that_reaches_another_fails() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            new BrokenSuite { Claims = IsolationGuarantees.Hooks }.RunAsync(
                nameof(WorkspaceProviderConformance.Hooks_of_one_do_not_run_for_another)
            )
        );

    [IsolationFact]
    public async Task A_release_that_forgets_fails() =>
        await FailsAsync(
            new BrokenSuite { Forgets = true },
            nameof(WorkspaceProviderConformance.A_second_release_does_nothing)
        );

    [IsolationFact]
    public async Task A_dispose_that_loses_work_fails() =>
        await FailsAsync(
            new BrokenSuite { LosesWork = true },
            nameof(WorkspaceProviderConformance.Dispose_keeps_work_that_is_not_pinned)
        );

    [IsolationFact]
    public async Task What_fails_says_what_was_expected_and_what_was_there()
    {
        ConformanceException failed = await FailsAsync(
            new BrokenSuite { Claims = IsolationGuarantees.Stash },
            nameof(WorkspaceProviderConformance.Stashes_of_one_are_not_the_stashes_of_another)
        );

        Assert.Matches("^Another worker sees the stash\\. Expected: ''\\. Actual: 'stash@.*'\\.$", failed.Message);
    }

    [IsolationFact]
    public async Task A_promise_that_is_not_made_is_not_checked() =>
        await new BrokenSuite().RunAsync(nameof(WorkspaceProviderConformance.Refs_of_one_are_not_the_refs_of_another));

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [InlineData(nameof(StateSandboxConformance.The_environment_is_what_the_scope_declares))]
    [InlineData(nameof(StateSandboxConformance.The_whole_tree_ends_with_the_worker))]
    [InlineData(nameof(StateSandboxConformance.The_kernel_confines_files))]
    [InlineData(nameof(StateSandboxConformance.The_hosts_network_is_not_reached))]
    [InlineData(nameof(StateSandboxConformance.Ports_are_the_workers_own))]
    public async Task A_sandbox_that_seals_nothing_fails(string check) =>
        await Assert.ThrowsAsync<ConformanceException>(() => new NoSandboxSuite().RunAsync(check));

    [IsolationFact]
    public async Task Every_axis_of_the_library_runs_a_suite()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        IIsolationAxis[] covered =
        [
            await new GitWorktreeSuite().MakeAsync(repository),
            await new PrivateCloneSuite().MakeAsync(repository),
            await new AdmissionSuite().MakeAsync(repository),
            await new WarmPoolSuite(clones: false).MakeAsync(repository),
            await new ProcessSandboxSuite().MakeAsync(repository),
            await new FreshContextSuite().MakeAsync(repository),
            MergeStrategies.FirstWins(),
        ];
        IEnumerable<Type> axes = typeof(IIsolationAxis)
            .Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IIsolationAxis)));

        Assert.Empty(axes.Except(covered.Select(a => a.GetType())));
    }

    [IsolationFact]
    public void A_check_that_does_not_exist_is_an_error() =>
        Assert.Throws<ArgumentException>(() =>
        {
            _ = new FreshContextSuite().RunAsync("No_such_check");
        });

    private static Task<ConformanceException> FailsAsync(BrokenSuite suite, string check) =>
        Assert.ThrowsAsync<ConformanceException>(() => suite.RunAsync(check));

    private sealed class BrokenSuite : WorkspaceProviderConformance
    {
        public IsolationGuarantees Claims { get; init; }

        public bool Forgets { get; init; }

        public bool LosesWork { get; init; }

        protected override ValueTask<IWorkspaceProvider> CreateAsync(ThrowawayRepository repository) =>
            new(new Broken(this, new GitWorktreeProvider(new WorkspaceOptions(), TimeProvider.System)));

        private sealed class Broken(BrokenSuite suite, IWorkspaceProvider inner) : IWorkspaceProvider
        {
            public async ValueTask<ProbeResult> ProbeAsync(
                RepositoryRef repository,
                CancellationToken cancellationToken = default
            )
            {
                ProbeResult report = await inner.ProbeAsync(repository, cancellationToken);
                return report with { Sealed = report.Sealed | suite.Claims };
            }

            public async ValueTask<IWorkspace> AcquireAsync(
                WorkspaceRequest request,
                CancellationToken cancellationToken = default
            ) => new BrokenWorkspace(suite, await inner.AcquireAsync(request, cancellationToken));

            public ValueTask<IWorkspace?> ReopenAsync(
                LeaseRecord record,
                CancellationToken cancellationToken = default
            ) => inner.ReopenAsync(record, cancellationToken);
        }

        private sealed class BrokenWorkspace(BrokenSuite suite, IWorkspace inner) : IWorkspace
        {
            public WorkspaceInfo Info => inner.Info;

            public ValueTask<Capture> CaptureAsync(IStateScope scope, CancellationToken cancellationToken = default) =>
                inner.CaptureAsync(scope, cancellationToken);

            public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
                suite.Forgets ? ValueTask.CompletedTask : inner.ReleaseAsync(mode, cancellationToken);

            public ValueTask DisposeAsync() =>
                suite.LosesWork ? inner.ReleaseAsync(ReleaseMode.Remove) : inner.DisposeAsync();
        }
    }

    private sealed class NoSandboxSuite : StateSandboxConformance
    {
        protected override ValueTask<IStateSandbox> CreateAsync(ThrowawayRepository repository) => new(new NoSandbox());

        private sealed class NoSandbox : IStateSandbox
        {
            public ValueTask<ProbeResult> ProbeAsync(
                RepositoryRef repository,
                CancellationToken cancellationToken = default
            ) =>
                new(
                    new ProbeResult(
                        IsolationGuarantees.Environment
                            | IsolationGuarantees.Ports
                            | IsolationGuarantees.Processes
                            | IsolationGuarantees.Confinement
                            | IsolationGuarantees.Network,
                        IsolationGuarantees.None,
                        []
                    )
                );

            public ValueTask<IStateScope> OpenAsync(
                StateRequest request,
                CancellationToken cancellationToken = default
            ) => new(new Leaky(new HostStateScope(request)));

            public ValueTask<IStateScope?> ReopenAsync(
                LeaseRecord record,
                CancellationToken cancellationToken = default
            ) => new((IStateScope?)null);
        }

        private sealed class Leaky(HostStateScope inner) : IStateScope
        {
            public StateInfo Info => inner.Info;

            public ValueTask<IWorkerProcess> StartAsync(
                WorkerCommand command,
                CancellationToken cancellationToken = default
            ) =>
                inner.StartAsync(
                    command with
                    {
                        Environment = new Dictionary<string, string> { ["OF_THE_HOST"] = "1" },
                    },
                    cancellationToken
                );

            public ValueTask ReleaseAsync(ReleaseMode mode, CancellationToken cancellationToken = default) =>
                inner.ReleaseAsync(mode, cancellationToken);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
