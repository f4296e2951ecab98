using System.Text.Json;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Composition;

public sealed class AuditTests
{
    [IsolationFact]
    public async Task A_good_composition_passes_and_says_what_it_seals()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Require(
                @sealed: IsolationGuarantees.Files
                    | IsolationGuarantees.Environment
                    | IsolationGuarantees.Temp
                    | IsolationGuarantees.Context,
                detected: IsolationGuarantees.Refs | IsolationGuarantees.Stash
            )
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        AuditReport audit = await pipeline.AuditAsync();

        Assert.Empty(audit.Faults);
        Assert.True(JsonDocument.Parse(audit.ToJson()).RootElement.GetProperty("passed").GetBoolean());
        string described = await pipeline.DescribeAsync();
        Assert.Contains(
            "sealed      Files, Environment, Temp, Home, Caches, Ports",
            described,
            StringComparison.Ordinal
        );
        Assert.Contains("open        Confinement, Network, Resources", described, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task A_promise_that_is_not_kept_here_refuses_the_run()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Require(@sealed: IsolationGuarantees.Network, detected: IsolationGuarantees.Resources)
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        IsolationConfigurationException thrown = await Assert.ThrowsAsync<IsolationConfigurationException>(() =>
            run.Completion
        );

        Assert.Equal(["ISO0910", "ISO0910"], thrown.Faults.Select(f => f.Code));
        Assert.Contains("Network", thrown.Faults[0].Message, StringComparison.Ordinal);
        Assert.Contains("Resources", thrown.Faults[1].Message, StringComparison.Ordinal);
    }

    [IsolationTheory]
    [InlineData(1, IsolationPhase.FileSystems)]
    [InlineData(4, IsolationPhase.FileSystems)]
    [InlineData(5, IsolationPhase.FileSystems, "ISO0912")]
    [InlineData(1, IsolationPhase.Contexts, "ISO0912")]
    [InlineData(20, IsolationPhase.FileSystems, "ISO0912", "ISO0913", "ISO0916")]
    [InlineData(1, IsolationPhase.State, "ISO0912", "ISO0913")]
    public async Task The_checklist_grows_with_the_workers_and_with_what_the_host_claims(
        int workers,
        IsolationPhase phase,
        params string[] codes
    )
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose(o => o.MaxWorkers = workers)
            .Claim(phase)
            .Contexts.Decorate((inner, _) => new Promising(inner))
            .Sandbox.Decorate((inner, _) => new Promising(null, inner))
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        Assert.Equal(codes, (await pipeline.AuditAsync()).Faults.Select(f => f.Code));
    }

    [IsolationFact]
    public async Task Many_workers_need_a_queue_that_tests_or_a_reason_that_is_reported()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline refused = rig.Compose(o => o.MaxWorkers = 20)
            .RunWith((_, _) => Task.CompletedTask)
            .Build();
        await using IsolationPipeline excused = rig.Compose(o => o.MaxWorkers = 20)
            .AcceptManualScale("a trial on a fork")
            .RunWith((_, _) => Task.CompletedTask)
            .Build();
        await using IsolationPipeline tested = rig.Compose(o => o.MaxWorkers = 20)
            .Merging.UseSerialQueue(o => o.Gate("git", "fsck"))
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        Assert.Equal(["ISO0916"], (await refused.AuditAsync()).Faults.Select(f => f.Code));
        AuditReport report = await excused.AuditAsync();
        Assert.True(report.Passed);
        Assert.Contains("a trial on a fork", report.ToJson(), StringComparison.Ordinal);
        Assert.True((await tested.AuditAsync()).Passed);
    }

    /// <summary>Does the work of its inner one and promises nothing.</summary>
    private sealed class Promising(IContextFactory? contexts, IStateSandbox? state = null)
        : IContextFactory,
            IStateSandbox
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => ValueTask.FromResult(new ProbeResult(IsolationGuarantees.None, IsolationGuarantees.None, []));

        public ValueTask<WorkerContext> CreateAsync(
            ContextRequest request,
            CancellationToken cancellationToken = default
        ) => contexts!.CreateAsync(request, cancellationToken);

        public ValueTask<IStateScope> OpenAsync(StateRequest request, CancellationToken cancellationToken = default) =>
            state!.OpenAsync(request, cancellationToken);

        public ValueTask<IStateScope?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            state!.ReopenAsync(record, cancellationToken);
    }
}
