using System.Text.Json;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

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
    [InlineData(1)]
    [InlineData(4, "ISO0911")]
    [InlineData(5, "ISO0911", "ISO0912")]
    [InlineData(19, "ISO0911", "ISO0912")]
    [InlineData(20, "ISO0911", "ISO0912", "ISO0913", "ISO0916")]
    public async Task The_checklist_grows_with_the_workers(int workers, params string[] codes)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = PromiseNothing(rig, workers).Build();

        Assert.Equal(codes, (await pipeline.AuditAsync()).Faults.Select(f => f.Code));
    }

    [IsolationFact]
    public async Task Each_rule_of_thumb_can_be_waived_for_a_reason_that_is_reported()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string[] codes = ["ISO0911", "ISO0912", "ISO0913", "ISO0916"];
        IsolationPipelineBuilder builder = PromiseNothing(rig, 20);
        foreach (string code in codes)
        {
            builder.Waive(code, $"because of {code}");
        }

        await using IsolationPipeline pipeline = builder.Build();
        AuditReport report = await pipeline.AuditAsync();

        Assert.True(report.Passed);
        Assert.Equal(codes, report.Waived.Select(f => f.Code));
        Assert.All(report.Waived, f => Assert.Equal($"because of {f.Code}", f.WaivedBecause));
        Assert.Contains("because of ISO0913", report.ToJson(), StringComparison.Ordinal);
        Assert.Contains("because of ISO0911", await pipeline.DescribeAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ISO0907", "a reason", "ISO0907")]
    [InlineData("ISO0916", " ", "no reason")]
    public void What_is_no_rule_of_thumb_and_a_waiver_without_a_reason_are_refused(
        string code,
        string reason,
        string said
    )
    {
        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("/r").Merging.UseFirstWins().RunProcess("true").Waive(code, reason).Build()
        );

        Assert.Contains(said, Assert.Single(thrown.Faults).Message, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task Many_workers_need_a_queue_that_tests_or_a_reason_that_is_reported()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline refused = rig.Compose(o => o.MaxWorkers = 20)
            .RunWith((_, _) => Task.CompletedTask)
            .Build();
        await using IsolationPipeline excused = rig.Compose(o => o.MaxWorkers = 20)
            .Waive("ISO0916", "a trial on a fork")
            .RunWith((_, _) => Task.CompletedTask)
            .Build();
        await using IsolationPipeline tested = rig.Compose(o => o.MaxWorkers = 20)
            .Merging.UseSerialQueue(o => o.Gates.Add("git", "fsck"))
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        Assert.Equal(["ISO0916"], (await refused.AuditAsync()).Faults.Select(f => f.Code));
        AuditReport report = await excused.AuditAsync();
        Assert.True(report.Passed);
        Assert.Contains("a trial on a fork", report.ToJson(), StringComparison.Ordinal);
        Assert.True((await tested.AuditAsync()).Passed);
    }

    [IsolationFact]
    public async Task A_decorated_merge_strategy_is_audited_like_a_bare_one()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        IsolationPipelineBuilder Compose() =>
            new IsolationPipelineBuilder(rig.Repository.Path)
                .Target("main")
                .Merging.UseFirstWins()
                .RunWith((_, _) => Task.CompletedTask);
        await using IsolationPipeline bare = Compose().Build();
        await using IsolationPipeline wrapped = Compose().Merging.Decorate((inner, _) => new Silent(inner)).Build();

        IReadOnlyList<IsolationFault> faults = (await bare.AuditAsync()).Faults;

        Assert.NotEmpty(faults); // It is checked out.
        Assert.Equal(faults, (await wrapped.AuditAsync()).Faults);
    }

    [IsolationFact]
    public async Task A_setup_command_that_does_not_exist_is_found_before_any_work_also_through_a_decorator()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Sandbox.Decorate((inner, _) => new Promising(null, inner))
            .Setup("git", "--version")
            .Setup("no-such-program-anywhere")
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

        IsolationFault fault = Assert.Single((await pipeline.AuditAsync()).Faults);
        Assert.Equal("ISO0401", fault.Code);
        Assert.Contains("no-such-program-anywhere", fault.Message, StringComparison.Ordinal);
    }

    private static IsolationPipelineBuilder PromiseNothing(PipelineFixture rig, int workers) =>
        rig.Compose(o => o.MaxWorkers = workers)
            .Contexts.Decorate((inner, _) => new Promising(inner))
            .Sandbox.Decorate((inner, _) => new Promising(null, inner))
            .Workspaces.Decorate((inner, _) => new NoWorkspaces())
            .RunWith((_, _) => Task.CompletedTask);

    private sealed class NoWorkspaces : IWorkspaceProvider
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => ValueTask.FromResult(new ProbeResult(IsolationGuarantees.None, IsolationGuarantees.None, []));

        public ValueTask<IWorkspace> AcquireAsync(
            WorkspaceRequest request,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

        public ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }

    /// <summary>Forwards what it must and no more.</summary>
    private sealed class Silent(IMergeStrategy inner) : IMergeStrategy
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => inner.ProbeAsync(repository, cancellationToken);

        public ValueTask<IMergeQueue> OpenAsync(MergeTarget target, CancellationToken cancellationToken = default) =>
            inner.OpenAsync(target, cancellationToken);
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
